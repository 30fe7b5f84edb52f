#!/usr/bin/env bash
# The figures of README and bench/README.md, measured on this machine.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/node_modules/.bin:$PATH"
scripts/setup.sh --debian
CONSOLA_LEVEL=0 npm run --silent build -- --log-level silent
exec jiti bench/bench.ts "$@"
