# What deb.sh and rpm.sh begin with. Sourced, with their arguments:
#
#   PACKAGE VERSION ARCHITECTURE TREE DIRECTORY
#
# TREE: what stage.sh has laid out. DIRECTORY: where the package is made.
# shellcheck shell=bash disable=SC2034
umask 022

package=$1 version=$2 architecture=$3 tree=$4 out=$5
# 1.0.0-rc.1 comes before 1.0.0.
sorted=${version/-/"~"}
source=$(mktemp -d)
trap 'rm -rf "$source"' EXIT

# quietly COMMAND...: what it says is shown where it fails.
quietly() {
  local said
  said=$("$@" 2>&1) || {
    printf '%s\n' "$said" >&2
    exit 1
  }
}
