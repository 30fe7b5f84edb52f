#!/usr/bin/env bash
# The figures of README and bench/README.md, measured on this machine.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh --debian
npm run --silent build -- --log-level silent
exec npx --no jiti bench/bench.ts "$@"
