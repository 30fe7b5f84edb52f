#!/usr/bin/env bash
# Installs the Debian packages that the lab needs: only what is missing, and without starting any of their services.
#
#   debian-packages.sh [--required] [PACKAGE...]
#
# Without root it says what to install. With --required that is a failure.
set -euo pipefail

. "$(dirname "$0")/packages.sh"
policy=/usr/sbin/policy-rc.d

say() { printf 'debian-packages: %s\n' "$*" >&2; }

is_installed() {
  [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Debian starts a service when its package is installed, unless this file says no.
forbid_services() {
  [ ! -e "$policy" ] || return 0
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT TERM
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
}

install_packages() {
  export DEBIAN_FRONTEND=noninteractive
  local install=(apt-get --option DPkg::Lock::Timeout=120 install --yes --no-install-recommends "$@")
  # The lists may be there already; they are fetched only where they are not, or too old to be of use.
  if apt-get install --simulate --no-install-recommends "$@" >/dev/null 2>&1 && "${install[@]}"; then return; fi
  say 'updating the package lists'
  apt-get update
  "${install[@]}"
}

required=false
if [ "${1-}" = --required ]; then
  required=true
  shift
fi
[ $# -gt 0 ] || set -- "${host_packages[@]}" "${lab_packages[@]}"

if ! command -v dpkg-query >/dev/null; then
  say "not a Debian system; needed: $*"
  [ "$required" = false ]
  exit
fi

missing=()
for package in "$@"; do
  is_installed "$package" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  exit 0
fi
if [ "$(id -u)" != 0 ]; then
  say "missing; as root run: apt-get install --no-install-recommends ${missing[*]}"
  [ "$required" = false ]
  exit
fi
say "installing: ${missing[*]}"
forbid_services
install_packages "${missing[@]}"
