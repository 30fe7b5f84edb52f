#!/usr/bin/env bash
# What virtual machines boot for the tests of what this machine's own kernel may lack (DRBD, the kernel's NFS and CIFS): Debian's kernel, an
# initial file system, and packages that are unpacked and not installed. Makes it where it is not there yet, and prints its directory.
#
# Exit 1: it cannot be had, for the reason in the last line of stderr.
set -euo pipefail
scripts=$(cd "$(dirname "$0")" && pwd)
. "$scripts/packages.sh"

say() { printf 'vm-system: %s\n' "$*" >&2; }
fail() {
  say "$@"
  exit 1
}

[ "$(id -u)" = 0 ] || fail 'needs root'
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/certbot-ha/vm
recipe=$(cat "$scripts/packages.sh" "$0" "$scripts/vm-init.sh" | sha256sum | cut -c1-12)
system=$cache/$recipe
mkdir -p "$cache"
# Another run may be making it.
exec 9>"$cache/lock"
flock --wait 900 9 || fail 'another run is still making it'
if [ -e "$system/initrd" ]; then
  touch "$system"
  printf '%s\n' "$system"
  exit
fi
"$scripts/debian-packages.sh" --required "${vm_tools[@]}" >&2 || fail 'qemu is not to be had'

new=$(mktemp -d "$cache/new-XXXXXX")
trap 'rm -rf "$new"' EXIT
say "making what virtual machines boot: $system"

# Only what this machine lacks is fetched: a machine sees its file tree as well.
mkdir -p "$new"/{debs/partial,packages/usr/{bin,sbin,lib,lib64}}
timeout 600 apt-get install --yes --download-only --option "Dir::Cache::archives=$new/debs" --option DPkg::Lock::Timeout=120 \
  --no-install-recommends "${vm_packages[@]}" >"$cache/log" 2>&1 || fail "packages are not to be had: $(tail -n 1 "$cache/log")"
for directory in bin sbin lib lib64; do ln -s "usr/$directory" "$new/packages/$directory"; done
for package in "$new"/debs/*.deb; do
  dpkg-deb --fsys-tarfile "$package" | tar --extract --keep-directory-symlink --directory "$new/packages"
done
rm -rf "$new/debs"

kernel=$(ls "$new/packages/usr/lib/modules" | tail -n 1)
cp "$new/packages/boot/vmlinuz-$kernel" "$new/vmlinuz"
mkdir -p "$new/tools" "$new/ram"/{bin,modules,proc,sys,dev,host,packages,over,root}
# The packages' own links are absolute.
kmod=$(readlink -f "$(command -v kmod || echo "$new/packages/usr/bin/kmod")")
for tool in depmod modprobe; do ln -s "$kmod" "$new/tools/$tool"; done
cpio=$(command -v cpio || echo "$new/packages/usr/bin/cpio")
"$new/tools/depmod" -b "$new/packages" "$kernel"
# What it needs to find its file tree; all others come over 9p.
for module in virtio_pci 9p 9pnet_virtio overlay virtio_net virtio_blk virtio_console; do
  "$new/tools/modprobe" -d "$new/packages" -S "$kernel" --show-depends "$module" | awk '$1 == "insmod" { print $2 }'
done | awk '!seen[$0]++' >"$new/modules"
while read -r file; do
  cp "$file" "$new/ram/modules/"
  basename "$file"
done <"$new/modules" >"$new/ram/modules/order"
busybox=$(readlink -f "$new/packages/bin/busybox")
[ -e "$busybox" ] || busybox=$(command -v busybox) || fail 'no busybox'
cp "$busybox" "$new/ram/bin/busybox"
install -m 755 "$scripts/vm-init.sh" "$new/ram/init"
(cd "$new/ram" && find . | "$cpio" --create --format=newc --quiet | gzip -1) >"$new/initrd"
rm -rf "$new/ram" "$new/tools" "$new/modules"
mv -T "$new" "$system"
trap - EXIT
# Those of other recipes, and what was left half made: another checkout may use one of the last day.
find "$cache" -mindepth 1 -maxdepth 1 -type d ! -name "$recipe" -mtime +0 -exec rm -rf {} +
printf '%s\n' "$system"
