#!/usr/bin/env bash
# A certificate for three names, through a VIP that moves while the CA is validating.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh --debian
npm run --silent build -- --log-level silent
exec npx --no jiti test/lab/demo.ts "$@"
