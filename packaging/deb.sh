#!/usr/bin/env bash
# Makes the .deb of a tree that stage.sh has laid out.
#
#   deb.sh PACKAGE VERSION ARCHITECTURE TREE DIRECTORY
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/begin.sh

cp -R packaging/debian "$source/debian"
for script in postinst prerm postrm; do cp "packaging/debian/scripts/$script" "$source/debian/$package.$script"; done
ln -s "$tree" "$source/tree"
cat >"$source/debian/changelog" <<END
certbot-ha ($sorted) unstable; urgency=medium

  * What has changed is in CHANGELOG.md.

 -- certbot-ha maintainers <certbot-ha@users.noreply.github.com>  $(date -u -R -d "@$SOURCE_DATE_EPOCH")
END

export DEB_RULES_REQUIRES_ROOT=no CERTBOT_HA_PACKAGE=$package CERTBOT_HA_OUT=$out
host=$architecture target=binary-arch
if [ "$architecture" = all ]; then host=$(dpkg --print-architecture) target=binary-indep; fi
cd "$source"
# Nothing is compiled, so it does not matter that there is no compiler for another architecture.
quietly dpkg-architecture --force --host-arch "$host" --command "debian/rules $target"
