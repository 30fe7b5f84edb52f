#!/usr/bin/env bash
# The core of the end-to-end tests on the Debians that are not this machine's own, and beside the last of them the tests that boot
# bookworm and forky at once.
#
#   test-debians.sh [--long | --all] [--own] [FILE...]
#
# --long  in place of the core, the tests of these files that are tagged long
# --all   in place of the core, every test of these files
# --own   also on a tree of this machine's Debian: what is installed here besides, such as another Node.js, is not in there
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/node_modules/.bin:$PATH"
. scripts/not-here.sh

own=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME-}") || own=
wanted=core left_out=$own
# Other options are vitest's.
while true; do
  case ${1-} in
    --long) wanted=long ;;
    --all) wanted=all ;;
    --own) left_out= ;;
    *) break ;;
  esac
  shift
done
[ "$wanted" = core ] || [ $# -gt 0 ] || {
  echo "test-debians: --$wanted: which files?" >&2
  exit 2
}
# Without these, vitest would load every file to look for the tag.
core=("$@") mixed=()
[ $# -gt 0 ] || mapfile -t core < <(grep --files-with-matches "\['core'\]" test/e2e/*.test.ts)
[ $# -gt 0 ] || mapfile -t mixed < <(grep --files-with-matches '@module-tag mixed' test/e2e/*.test.ts)
obstacle=$(jiti test/lab/say-obstacle.ts)
no_bookworm=
for suite in bookworm trixie forky; do
  [ "$suite" != "$left_out" ] || continue
  what="the $wanted end-to-end tests on Debian $suite"
  tags=$wanted files=("${core[@]}")
  # Every test has a tag, or has it not.
  [ "$wanted" != all ] || tags='long || !long'
  if [ "$wanted" = core ] && { [ "$suite" = forky ] || [ "$suite,$own" = trixie,forky ]; }; then
    if [ -z "$no_bookworm" ]; then
      what+=', and those on bookworm and forky at once' tags='core || mixed' files+=("${mixed[@]}")
    else
      not_here 'end-to-end tests on bookworm and forky at once' "$no_bookworm"
    fi
  fi
  lacks=
  if [ -n "$obstacle" ]; then
    lacks="hosts cannot be booted: $obstacle"
  elif ! said=$(scripts/debian-root.sh "$suite" 2>&1 >/dev/null | tee -a /dev/stderr); then
    lacks=${said##*$'\n'}
  fi
  if [ -n "$lacks" ]; then
    [ "$suite" != bookworm ] || no_bookworm=$lacks
    not_here "$what" "$lacks"
  else
    echo "test-debians: $suite"
    CERTBOT_HA_LAB_ROOT=$suite vitest run --project e2e --tags-filter "$tags" "${files[@]}"
  fi
done
