#!/usr/bin/env bash
# A certificate for three names, through a VIP that moves while the CA is validating.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/node_modules/.bin:$PATH"
scripts/setup.sh --debian
CONSOLA_LEVEL=0 npm run --silent build -- --log-level silent
exec jiti test/lab/demo.ts "$@"
