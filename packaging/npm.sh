#!/usr/bin/env bash
# Makes the npm tarball, of the dist/ that is there. What the programs need is in them, so it depends on nothing.
#
#   npm.sh VERSION DIRECTORY
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/maps.sh
umask 022

version=$1 out=$2
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

mapfile -t files < <(node -p 'require("./package.json").files.join("\n")')
cp -R -t "$tree" "${files[@]}" README.md LICENSE
without_maps "$tree/dist"
rm -rf "$tree/dist/compiled"
# Scripts and development are of use in a clone alone.
# shellcheck disable=SC2016
node -p 'const { scripts, dependencies, devDependencies, overrides, ...rest } = require("./package.json");
  JSON.stringify({ ...rest, version: process.argv[1] }, null, 2)' "$version" >"$tree/package.json"
cd "$tree"
npm pack --silent --pack-destination "$out" >/dev/null
