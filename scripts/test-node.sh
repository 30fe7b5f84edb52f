#!/usr/bin/env bash
# Tests on a Node.js besides this machine's own that users have: VERSION OPTION_OF_VITEST... Not those of pages and words, of what the
# bundler puts into the agent, and of the help's texts: no Node.js makes them otherwise.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/not-here.sh

version=$1
shift
if ! said=$(scripts/node-binary.sh "$version" 2>&1 | tee -a /dev/stderr); then
  not_here "unit and integration tests on Node.js $version" "${said##*$'\n'}"
  exit
fi
bin=${said##*$'\n'}
runs=$(PATH="$bin:$PATH" node --version)
if [ "$runs" != "v$version" ]; then
  echo "test-node: $bin has Node.js $runs in place of v$version" >&2
  exit 1
fi
echo "test-node: Node.js $version"
PATH="$bin:$PWD/node_modules/.bin:$PATH" vitest run "$@" \
  --exclude 'test/unit/docs/**' --exclude 'test/unit/findings/**' --exclude test/integration/agent-imports.test.ts \
  --exclude test/integration/command-line-help.test.ts
