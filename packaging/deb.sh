#!/usr/bin/env bash
# Makes the .deb of a tree that stage.sh has laid out.
#
#   deb.sh PACKAGE VERSION ARCHITECTURE TREE DIRECTORY
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022

package=$1 version=$2 architecture=$3 tree=$4 out=$5
source=$(mktemp -d)
trap 'rm -rf "$source"' EXIT

cp -R packaging/debian "$source/debian"
for script in postinst postrm; do cp "packaging/debian/scripts/$script" "$source/debian/$package.$script"; done
ln -s "$tree" "$source/tree"
# 1.0.0-rc.1 comes before 1.0.0.
before=${version/-/"~"}
cat >"$source/debian/changelog" <<END
certbot-ha ($before) unstable; urgency=medium

  * What has changed is in CHANGELOG.md.

 -- certbot-ha maintainers <certbot-ha@users.noreply.github.com>  $(date -u -R -d "@$SOURCE_DATE_EPOCH")
END

export DEB_RULES_REQUIRES_ROOT=no CERTBOT_HA_PACKAGE=$package CERTBOT_HA_OUT=$out
host=$architecture target=binary-arch
if [ "$architecture" = all ]; then host=$(dpkg --print-architecture) target=binary-indep; fi
cd "$source"
# Nothing is compiled, so it does not matter that there is no compiler for another architecture.
log=$(dpkg-architecture --force --host-arch "$host" --command "debian/rules $target" 2>&1) || {
  printf '%s\n' "$log" >&2
  exit 1
}
