#!/usr/bin/env bash
# Makes the packages: .deb and .rpm, with and without a Node.js of their own, the npm tarball, what is in them as a
# CycloneDX SBOM, and SHA256SUMS.
#
#   package.sh [--out DIRECTORY] [--built] [--for all|amd64|arm64]... [--version VERSION] [--quick]
#
# --out      where to, default build/; what an earlier run has made there is replaced, and nothing else may be there
# --built    of the dist/ that is there
# --for      these packages alone; `all` is the one that brings no Node.js
# --version  for a test of upgrades, in place of that of package.json
# --quick    for a test of what is installed: larger packages in less time
#
# Two runs for the same commit make the same bytes: the only time in them is the commit's.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/node_modules/.bin:$PATH"
. packaging/tools.sh
. packaging/out.sh
umask 022
export LC_ALL=C.UTF-8 TZ=UTC

say() { printf 'package: %s\n' "$*" >&2; }
fail() {
  say "$*"
  exit 2
}

export CERTBOT_HA_PACKING=3
architectures=() out=build built=false version=$(node -p 'require("./package.json").version')
while [ $# -gt 0 ]; do
  case $1 in
    --built) built=true ;;
    --quick) CERTBOT_HA_PACKING=0 ;;
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
other=$(check_out "$out") || fail "--out: $other"
if [ -z "${SOURCE_DATE_EPOCH-}" ]; then
  SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) || fail 'SOURCE_DATE_EPOCH: not set, and there is no commit to take it from'
fi
export SOURCE_DATE_EPOCH

# Others cannot make the same bytes then. A file that Git ignores goes in as well.
sources=(docs hooks lib packaging scripts systemd CHANGELOG.md LICENSE README.md package.json package-lock.json rolldown.config.ts)
changed=$(git status --porcelain --untracked-files=all --ignored -- "${sources[@]}" 2>/dev/null | cut -c4- | paste -sd ' ' || true)
[ -z "$changed" ] || say "not as in the commit: ${changed:0:200}"

# Tests, which give --built, run meanwhile with the npm packages that are there.
[ "$built" = true ] || scripts/setup.sh
scripts/debian-packages.sh --required "${package_tools[@]}"
[ "$built" = true ] || CONSOLA_LEVEL=0 npm run --silent build -- --log-level silent
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
    jiti scripts/sbom.ts "$made/$package-$version-$architecture.cdx.json" "$package" "$version" "${node##*/}"
  fi
  local tree=$work/tree-$architecture
  packaging/stage.sh "$package" "$version" "$tree" "$node"
  packaging/deb.sh "$package" "$version" "$architecture" "$tree" "$made"
  packaging/rpm.sh "$package" "$version" "$architecture" "$tree" "$made"
  rm -rf "$tree"
}

for architecture in "${architectures[@]}"; do make_packages "$architecture"; done
packaging/npm.sh "$version" "$made"
jiti scripts/sbom.ts "$made/certbot-ha-$version.cdx.json" certbot-ha "$version"
(cd "$made" && sha256sum -- * >"$work/SHA256SUMS" && mv "$work/SHA256SUMS" .)
# It may have been filled meanwhile.
other=$(check_out "$out") || fail "--out: $other"
put_out "$made" "$out"
say "made in $out: $(cd "$out" && echo *)"
