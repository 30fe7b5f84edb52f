#!/usr/bin/env bash
# The figures of README and bench/README.md, measured on this machine.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/node_modules/.bin:$PATH"
scripts/setup.sh --debian
CONSOLA_LEVEL=0 npm run --silent build -- --log-level silent
# As a package is installed: a hook takes a fifth less. What is tested next is not.
trap 'rm -rf dist/compiled' EXIT
node dist/compile.js
jiti bench/bench.ts "$@"
