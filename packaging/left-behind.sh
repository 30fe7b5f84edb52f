# shellcheck shell=sh
# Says what an installation without packages has left: what is used in place of a package's files, and what runs programs that are gone.
#
#   left-behind.sh PAGES
#
# PAGES: the directory of the package's pages. Everything is below DPKG_ROOT, which dpkg sets.
set -eu
root=${DPKG_ROOT-}
units=$root/etc/systemd/system
found=

say() {
  printf 'certbot-ha: %s\n' "$*" >&2
  found=1
}

# A mask is the administrator's own, and stays.
is_there() { [ -e "$1" ] && [ "$(readlink -f "$1")" != /dev/null ]; }

for name in '' -auth -cleanup -deploy -installer; do
  file=$root/usr/local/bin/certbot-ha$name
  if is_there "$file"; then say "${file#"$root"} is used in place of this package's"; fi
done
for file in "$units"/certbot-ha-*.* "$units"/*.service.d/certbot-ha.conf "$root"/etc/sysusers.d/certbot-ha.conf "$root"/etc/tmpfiles.d/certbot-ha.conf; do
  if ! is_there "$file" || [ ! -f "$file" ]; then continue; fi
  # The package has the same below /usr/lib, which does not count then.
  if [ -e "$root/usr/lib${file#"$root"/etc}" ]; then say "${file#"$root"} is used in place of this package's"; fi
done

# systemd's, certbot's and cron's.
for file in "$units"/*.service "$units"/*.d/*.conf "$root"/etc/letsencrypt/cli.ini "$root"/etc/letsencrypt/renewal/*.conf \
  "$root"/etc/crontab "$root"/etc/cron.d/*; do
  [ -f "$file" ] || continue
  for program in $(grep -oh '/usr/local/bin/certbot-ha[a-z-]*' "$file" | sort -u); do
    [ -e "$root$program" ] || say "${file#"$root"} runs $program, which is not there: the package has /usr/bin/${program##*/}"
  done
done
[ -z "$found" ] || say "  next: $1/install.md, 'From an installation without packages'"
