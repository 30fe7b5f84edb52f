#!/usr/bin/env bash
# Unit and integration tests on the Node.js versions besides this machine's own that users have.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/not-here.sh

for version in 22.23.3 24.21.0; do
  if ! said=$(scripts/node-binary.sh "$version" 2>&1 | tee -a /dev/stderr); then
    not_here "unit and integration tests on Node.js $version" "${said##*$'\n'}"
    continue
  fi
  bin=${said##*$'\n'}
  runs=$(PATH="$bin:$PATH" node --version)
  if [ "$runs" != "v$version" ]; then
    echo "test-nodes: $bin has Node.js $runs in place of v$version" >&2
    exit 1
  fi
  echo "test-nodes: Node.js $version"
  PATH="$bin:$PWD/node_modules/.bin:$PATH" vitest run --project unit --project integration
done
