#!/usr/bin/env bash
# The inner loop: format, lint, types, unused code, and the unit and integration tests that are not tagged slow.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/node_modules/.bin:$PATH"
scripts/setup.sh
jiti scripts/check-lock.ts
jiti scripts/layers.ts --check
# On the other core meanwhile, as it has one thread.
prettier --check --log-level=warn --cache . &
format=$!
trap 'kill "$format" 2>/dev/null || true' EXIT
oxlint --type-aware --deny-warnings
tsc --noEmit
knip
CONSOLA_LEVEL=0 npm run --silent build -- --log-level silent
wait "$format"
trap - EXIT
vitest run --project unit --project integration --tags-filter '!slow' "$@"
