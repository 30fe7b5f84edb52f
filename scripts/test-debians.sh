#!/usr/bin/env bash
# The core of the end-to-end tests on the Debians that are not this machine's own, then the tests that boot two Debians at once.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/node_modules/.bin:$PATH"
. scripts/not-here.sh

own=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME-}") || own=
# Without these, vitest would load every file to look for the tag.
core=("$@") mixed=("$@")
[ $# -gt 0 ] || mapfile -t core < <(grep --files-with-matches "\['core'\]" test/e2e/*.test.ts)
[ $# -gt 0 ] || mapfile -t mixed < <(grep --files-with-matches '@module-tag mixed' test/e2e/*.test.ts)
obstacle=$(jiti test/lab/say-obstacle.ts)
declare -A lacks
for suite in bookworm trixie forky; do
  [ "$suite" != "$own" ] || continue
  what="the core of the end-to-end tests on Debian $suite"
  if [ -n "$obstacle" ]; then
    lacks[$suite]="hosts cannot be booted: $obstacle"
  elif ! said=$(scripts/debian-root.sh "$suite" 2>&1 >/dev/null | tee -a /dev/stderr); then
    lacks[$suite]=${said##*$'\n'}
  fi
  if [ -n "${lacks[$suite]-}" ]; then
    not_here "$what" "${lacks[$suite]}"
  else
    echo "test-debians: $suite"
    CERTBOT_HA_LAB_ROOT=$suite vitest run --project e2e --tags-filter core "${core[@]}"
  fi
done
for suite in bookworm forky; do
  [ -z "${lacks[$suite]-}" ] || reason=${lacks[$suite]}
done
if [ -n "${reason-}" ]; then
  not_here 'end-to-end tests on two Debians at once' "$reason"
else
  echo 'test-debians: bookworm and forky at once'
  vitest run --project e2e --tags-filter mixed "${mixed[@]}"
fi
