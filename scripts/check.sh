#!/usr/bin/env bash
# The inner loop: format, lint, types, unused code, unit and integration tests.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
npx --no prettier --check --log-level=warn .
npx --no oxlint --type-aware --deny-warnings
npx --no tsc --noEmit
npx --no knip
npm run --silent build -- --log-level silent
npx --no vitest run --project unit --project integration "$@"
