#!/usr/bin/env bash
# Makes the .rpm of a tree that stage.sh has laid out.
#
#   rpm.sh PACKAGE VERSION ARCHITECTURE TREE DIRECTORY
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022

package=$1 version=$2 architecture=$3 tree=$4 out=$5
source=$(mktemp -d)
trap 'rm -rf "$source"' EXIT

case $architecture in
  all) target=noarch ;;
  amd64) target=x86_64 ;;
  arm64) target=aarch64 ;;
esac
other=certbot-ha
[ "$package" != certbot-ha ] || other=certbot-ha-standalone
directory=$tree/usr/lib/systemd/system
units=$(cd "$directory" && grep -l '^\[Install\]$' certbot-ha-* | paste -sd ' ')
started=$(cd "$directory" && printf '%s\n' certbot-ha-* | grep -vx certbot-ha-agent.service | paste -sd ' ')
log=$(rpmbuild -bb --quiet --target "$target-linux" \
  --define "_topdir $source" --define "_rpmdir $out" \
  --define '_rpmfilename %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm' \
  --define '_buildhost localhost' --define "package_name $package" --define "package_other $other" \
  --define "package_version ${version/-/"~"}" --define "package_target $target" \
  --define "package_date $(LC_ALL=C date -u -d "@$SOURCE_DATE_EPOCH" '+%a %b %d %Y')" \
  --define "units $units" --define "started $started" \
  --define "package_licence $PWD/LICENSE" --define "package_tree $tree" \
  packaging/rpm/certbot-ha.spec 2>&1) || {
  printf '%s\n' "$log" >&2
  exit 1
}
