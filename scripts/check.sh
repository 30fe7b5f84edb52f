#!/usr/bin/env bash
# The inner loop: format, lint, types, unused code, and the unit and integration tests that are not tagged slow.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/node_modules/.bin:$PATH"
scripts/setup.sh
jiti scripts/check-lock.ts
jiti scripts/layers.ts --check
prettier --check --log-level=warn --cache .
oxlint --type-aware --deny-warnings
tsc --noEmit
knip
npm run --silent build -- --log-level silent
vitest run --project unit --project integration --tags-filter '!slow' "$@"
