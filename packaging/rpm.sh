#!/usr/bin/env bash
# Makes the .rpm of a tree that stage.sh has laid out.
#
#   rpm.sh PACKAGE VERSION ARCHITECTURE TREE DIRECTORY
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/begin.sh

case $architecture in
  all) target=noarch ;;
  amd64) target=x86_64 ;;
  arm64) target=aarch64 ;;
esac
other=certbot-ha
[ "$package" != certbot-ha ] || other=certbot-ha-standalone
directory=$tree/usr/lib/systemd/system
units=$(cd "$directory" && grep -l '^\[Install\]$' certbot-ha-* | paste -sd ' ')
started=$(cd "$directory" && printf '%s\n' certbot-ha-* | grep -v '^certbot-ha-agent\.' | paste -sd ' ')
quietly rpmbuild -bb --quiet --target "$target-linux" \
  --define "_topdir $source" --define "_rpmdir $out" \
  --define '_rpmfilename %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm' \
  --define '_buildhost localhost' --define "package_name $package" --define "package_other $other" \
  --define "package_version $sorted" --define "package_target $target" \
  --define "package_date $(LC_ALL=C date -u -d "@$SOURCE_DATE_EPOCH" '+%a %b %d %Y')" \
  --define "package_packing $CERTBOT_HA_PACKING" --define "units $units" --define "started $started" \
  --define "package_licence $PWD/LICENSE" --define "package_tree $tree" \
  packaging/rpm/certbot-ha.spec
