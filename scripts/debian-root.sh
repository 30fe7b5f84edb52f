#!/usr/bin/env bash
# The file tree of a Debian, for the lab's hosts to boot on: makes it where it is not there yet, and prints its path.
#
#   debian-root.sh bookworm|trixie|forky
#
# Exit 2: not one of these. Exit 1: it cannot be had, for the reason in the last line of stderr.
set -euo pipefail
scripts=$(cd "$(dirname "$0")" && pwd)
. "$scripts/packages.sh"

suite=${1-}
say() { printf 'debian-root: %s\n' "$*" >&2; }
fail() {
  say "$suite: $*"
  exit 1
}
case $suite in
  bookworm | trixie | forky) ;;
  *)
    say "expected bookworm, trixie or forky, got '$suite'"
    exit 2
    ;;
esac

cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/certbot-ha/roots
# Of what and how a tree was made is in its name: a change of either makes another one.
recipe=$(cat "$scripts/packages.sh" "$scripts/debian-root-build.sh" | sha256sum | cut -c1-12)
root=$cache/$suite-$recipe
log=$cache/$suite.log

finish() {
  # How long ago somebody used it last is in its time.
  touch "$root"
  printf '%s\n' "$root"
  exit
}

# The Debian mirror that this machine's own packages come from.
find_mirror() {
  local own
  # shellcheck source=/dev/null
  own=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME-}")
  # Where no package list has been fetched yet, there is a mirror anyway.
  apt-get indextargets --no-release-info --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    awk -v own="$own" '$2 == "main" && ($1 == own || $1 ~ /^(stable|testing|sid|unstable)$/) { print $3; exit }'
}

# All that is started for it ends with this script, however that ends; its mounts are in a namespace of its own.
start_build() {
  setpriv --pdeathsig=KILL unshare --mount --pid --mount-proc --fork --kill-child=KILL -- \
    timeout --kill-after=10 900 \
    "$scripts/debian-root-build.sh" "$suite" "$mirror" "$new" "${host_packages[@]}" nodejs >"$log" 2>&1 </dev/null &
  builder=$!
}

stop_build() {
  kill -KILL "$builder" 2>/dev/null || true
  wait "$builder" 2>/dev/null || true
  rm -rf "$new" || true
}

[ ! -d "$root" ] || finish

[ "$(id -u)" = 0 ] || fail 'making a file tree of Debian needs root'
mirror=$(find_mirror) || true
[ -n "$mirror" ] || fail "no Debian mirror in this machine's apt configuration"
"$scripts/debian-packages.sh" --required "${root_packages[@]}" >&2 || fail "not installed: ${root_packages[*]}"
curl --silent --show-error --fail --location --max-time 30 --output /dev/null "${mirror%/}/dists/$suite/InRelease" ||
  fail "not to be had from the mirror of this machine's apt configuration, $mirror"

mkdir -p "$cache"
exec 9>"$cache/$suite.lock"
if ! flock --nonblock 9; then
  say "$suite: waiting for somebody else who is making it"
  flock --timeout 900 9 || fail 'somebody else has been making it for 15 minutes'
fi
[ ! -d "$root" ] || finish

# What killed makers have left, and trees of other recipes that nobody has booted for two weeks.
find "$cache" -mindepth 1 -maxdepth 1 -type d \
  \( -name "$suite.*.new" -o -name "$suite-*" -mtime +14 \) -exec rm -rf {} +
say "$suite: making its file tree from $mirror, which takes a minute or two"
new=$(mktemp -d "$cache/$suite.XXXXXX.new")
trap stop_build EXIT
trap 'exit 130' INT TERM HUP
start_build
if ! wait "$builder"; then
  reason=$(grep -m1 '^E: ' "$log" || tail -n1 "$log")
  fail "${reason:-no reason given} (all of it: $log)"
fi
chmod 755 "$new"
mv -T "$new" "$root"
# shellcheck disable=SC2016
say "$suite: made in $SECONDS s:$(
  chroot "$root" dpkg-query --show --showformat=' ${Package} ${Version}' certbot nginx nodejs keepalived
)"
finish
