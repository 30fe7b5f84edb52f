#!/usr/bin/env bash
# Everything that CI runs: the inner loop, then the end-to-end tests on booted hosts.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/node_modules/.bin:$PATH"
scripts/setup.sh --debian
scripts/check.sh
vitest run --project e2e "$@"
