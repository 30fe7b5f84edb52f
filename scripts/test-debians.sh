#!/usr/bin/env bash
# The core of the end-to-end tests on the Debians that are not this machine's own.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/node_modules/.bin:$PATH"
. scripts/not-here.sh

own=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME-}") || own=
# Without these, vitest would load every file to look for the tag.
[ $# -gt 0 ] || mapfile -t files < <(grep --files-with-matches "\['core'\]" test/e2e/*.test.ts)
[ $# -gt 0 ] || set -- "${files[@]}"
obstacle=$(jiti test/lab/say-obstacle.ts)
for suite in bookworm trixie forky; do
  [ "$suite" != "$own" ] || continue
  what="the core of the end-to-end tests on Debian $suite"
  if [ -n "$obstacle" ]; then
    not_here "$what" "hosts cannot be booted: $obstacle"
  elif ! said=$(scripts/debian-root.sh "$suite" 2>&1 >/dev/null | tee -a /dev/stderr); then
    not_here "$what" "${said##*$'\n'}"
  else
    echo "test-debians: $suite"
    CERTBOT_HA_LAB_ROOT=$suite vitest run --project e2e --tags-filter core "$@"
  fi
done
