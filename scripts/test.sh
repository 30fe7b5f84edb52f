#!/usr/bin/env bash
# Everything that CI runs: the inner loop, its tests on other Node.js, the slow unit and integration tests, then the
# end-to-end tests on booted hosts, all of them on this machine's own Debian and the core of them on others. Ends with what was skipped
# and what needed a second try.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/node_modules/.bin:$PATH"
CERTBOT_HA_TEST_NOTES=$(mktemp)
export CERTBOT_HA_TEST_NOTES
trap 'cat "$CERTBOT_HA_TEST_NOTES"; rm -f "$CERTBOT_HA_TEST_NOTES"' EXIT
scripts/setup.sh --debian
scripts/check.sh
vitest run --project unit --project integration --tags-filter 'slow && !long'
# The suites of the hooks, over the commands that certbot starts.
vitest run --project launchers
# The packages bring Node.js 24. What 22 does besides 20 and 24, test-long.sh shows of the unit tests, and on both of the slow ones.
scripts/test-node.sh 22.23.3 --project integration --tags-filter '!slow'
scripts/test-node.sh 24.21.0 --project unit --project integration --tags-filter '!slow'
vitest run --project e2e --tags-filter '!mixed && !long' "$@"
scripts/test-debians.sh "$@"
