#!/usr/bin/env bash
# The part of debian-root.sh that runs in namespaces of its own.
#
#   debian-root-build.sh SUITE MIRROR DIRECTORY PACKAGE...
set -euo pipefail
suite=$1 mirror=$2 root=$3
shift 3

script=/usr/share/debootstrap/scripts/$suite
# One that is younger than this machine's debootstrap is made as Debian's unstable is.
[ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
if [ -z "${http_proxy-}" ]; then
  eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
  [ -z "${http_proxy-}" ] || export http_proxy
fi
# Before the first package, which costs half of the time and of the room else.
mkdir -p "$root/etc/dpkg/dpkg.cfg.d"
cat >"$root/etc/dpkg/dpkg.cfg.d/lab" <<'EOF'
force-unsafe-io
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/locale/*
path-exclude=/usr/share/man/*
EOF
debootstrap --variant=minbase "$suite" "$root" "$mirror" "$script"

# apt knows the way to the mirror as this machine's does. It finds out better than debootstrap what goes together.
apt-config dump | grep -E '^Acquire::(https?|Check-|ForceIPv|Retries)' >"$root/etc/apt/apt.conf.d/00lab" || true
cat /etc/resolv.conf >"$root/etc/resolv.conf"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
mount -t proc proc "$root/proc"
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
chroot "$root" apt-get --quiet update
chroot "$root" apt-get --quiet install --yes --no-install-recommends "$@"
chroot "$root" apt-get clean
rm -rf "$root"/var/lib/apt/lists/*
