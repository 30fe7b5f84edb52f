#!/usr/bin/env bash
# Makes the packages: .deb and .rpm, with and without a Node.js of their own, the npm tarball, what is in them as a
# CycloneDX SBOM, and SHA256SUMS.
#
#   package.sh [--out DIRECTORY] [--built] [--for all|amd64|arm64]... [--version VERSION]
#
# --out      where to, default build/; what an earlier run has left there is replaced
# --built    of the dist/ that is there
# --for      these packages alone; `all` is the one that brings no Node.js
# --version  for a test of upgrades, in place of that of package.json
#
# Two runs for the same commit make the same bytes: the only time in them is the commit's.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/node_modules/.bin:$PATH"
. packaging/tools.sh
umask 022
export LC_ALL=C.UTF-8 TZ=UTC

say() { printf 'package: %s\n' "$*" >&2; }
fail() {
  say "$*"
  exit 2
}

architectures=() out=build built=false version=$(node -p 'require("./package.json").version')
while [ $# -gt 0 ]; do
  case $1 in
    --built) built=true ;;
    --out | --version | --for)
      [ -n "${2-}" ] || fail "$1: a value is missing"
      case $1 in
        --out) out=$2 ;;
        --version) version=$2 ;;
        *) architectures+=("$2") ;;
      esac
      shift
      ;;
    *) fail "unknown argument '$1'" ;;
  esac
  shift
done
[ ${#architectures[@]} -gt 0 ] || architectures=(all amd64 arm64)
for architecture in "${architectures[@]}"; do
  [[ $architecture =~ ^(all|amd64|arm64)$ ]] || fail "--for: expected all, amd64 or arm64, got '$architecture'"
done
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] || fail "--version: expected one such as 1.2.3, got '$version'"
if [ -e "$out" ] && [ ! -e "$out/SHA256SUMS" ] && [ -n "$(ls -A "$out")" ]; then
  fail "--out: $out holds something other than packages"
fi
if [ -z "${SOURCE_DATE_EPOCH-}" ]; then
  SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) || fail 'SOURCE_DATE_EPOCH: not set, and there is no commit to take it from'
fi
export SOURCE_DATE_EPOCH

# Tests, which give --built, run meanwhile with the npm packages that are there.
[ "$built" = true ] || scripts/setup.sh
scripts/debian-packages.sh --required "${package_tools[@]}"
[ "$built" = true ] || npm run --silent build -- --log-level silent
[ -x dist/cli.js ] || fail '--built: dist/cli.js is not there; next: npm run build'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
made=$work/made
mkdir "$made"

# A package for an architecture: all, or one that Node.js is brought for.
make_packages() {
  local architecture=$1 package=certbot-ha node=
  if [ "$architecture" != all ]; then
    package=certbot-ha-standalone
    node=$(packaging/node.sh "$architecture")
  fi
  local tree=$work/tree-$architecture
  packaging/stage.sh "$package" "$version" "$tree" "$node"
  packaging/deb.sh "$package" "$version" "$architecture" "$tree" "$made"
  packaging/rpm.sh "$package" "$version" "$architecture" "$tree" "$made"
  rm -rf "$tree"
}

for architecture in "${architectures[@]}"; do make_packages "$architecture"; done
npm pack --silent --pack-destination "$made" >/dev/null
jiti scripts/sbom.ts "$made/certbot-ha-$version.cdx.json"
(cd "$made" && sha256sum -- * >"$work/SHA256SUMS" && mv "$work/SHA256SUMS" .)
rm -rf -- "$out"
mkdir -p "$(dirname "$out")"
mv -T "$made" "$out"
say "made in $out: $(cd "$out" && echo *)"
