#!/usr/bin/env bash
# Lays out the files of a package below DIRECTORY, as they are on a host, of the dist/ that is there.
#
#   stage.sh PACKAGE VERSION DIRECTORY [NODE]
#
# NODE: the directory of a Node.js that the package brings. SOURCE_DATE_EPOCH is the time of every file.
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/maps.sh
umask 022

package=$1 version=$2 root=$3 node=${4-}
library=/usr/lib/certbot-ha
pages=/usr/share/doc/$package/docs

# Not the first one in somebody's PATH: what the package depends on, or brings.
interpreter=/usr/bin/node
[ -z "$node" ] || interpreter=$library/bin/node

# Each command and its file in dist/, as package.json has them.
commands() {
  # shellcheck disable=SC2016
  node -p 'Object.entries(require("./package.json").bin).map(([name, file]) => `${name} ${file.replace("dist/", "")}`).join("\n")'
}

programs() {
  mkdir -p "$root$library" "$root/usr/bin"
  cp -R dist/. "$root$library"
  # Units are in their own place; `certbot-ha install` has the drop-in for a service that the package does not know.
  find "$root$library/systemd" -mindepth 1 -maxdepth 1 ! -name certbot.service.d -exec rm -r {} +
  without_maps "$root$library"
  # Made on each host.
  rm -rf "$root$library/compiled"
  commands | while read -r name file; do
    chmod 755 "$root$library/$file"
    ln -s "../lib/certbot-ha/$file" "$root/usr/bin/$name"
  done
  # In a program's first line, and in a launcher's last.
  sed -i "1s|^#!/usr/bin/env node\$|#!$interpreter|; s|^exec node |exec $interpreter |" "$root$library"/{cli,installer}.js "$root$library"/hooks/*
  [ -z "$node" ] || install -D -m 0755 "$node/bin/node" "$root$library/bin/node"
  install -m 0644 -t "$root$library" packaging/left-behind.sh
}

units() {
  local lib=$root/usr/lib unit drop_in=certbot.service.d/certbot-ha.conf
  mkdir -p "$lib/systemd/system"
  for unit in systemd/certbot-ha-*; do
    packaged "$unit" >"$lib/systemd/system/${unit##*/}"
  done
  for unit in certbot snap.certbot.renew certbot-renew; do
    mkdir -p "$lib/systemd/system/$unit.service.d"
    packaged "systemd/$drop_in" >"$lib/systemd/system/$unit.service.d/certbot-ha.conf"
  done
  install -D -m 0644 -t "$lib/sysusers.d" systemd/sysusers.d/certbot-ha.conf
  install -D -m 0644 -t "$lib/tmpfiles.d" systemd/tmpfiles.d/certbot-ha.conf
}

packaged() {
  sed 's|/usr/local/bin/|/usr/bin/|g' "$1"
}

# Each page of docs/ that is called NAME.SECTION.md.
manual() {
  local page name man
  for page in docs/*.[1-9].md; do
    name=$(basename "$page" .md)
    man=$root/usr/share/man/man${name##*.}
    mkdir -p "$man"
    # No quotes or dashes that look better than what has to be typed.
    pandoc --from markdown-smart --to man --standalone --shift-heading-level-by=-1 \
      --lua-filter packaging/manual.lua --metadata "pages=$pages" \
      --metadata "date=$(date -u -d "@$SOURCE_DATE_EPOCH" +%F)" --metadata "footer=certbot-ha $version" \
      "$page" | gzip -9n >"$man/$name.gz"
  done
  ln -s certbot-ha.8.gz "$root/usr/share/man/man8/certbot-ha-installer.8.gz"
}

completions() {
  local share=$root/usr/share
  mkdir -p "$share/bash-completion/completions" "$share/zsh/vendor-completions" "$share/fish/vendor_completions.d"
  SHELL=/bin/bash node dist/cli.js completion >"$share/bash-completion/completions/certbot-ha"
  SHELL=/bin/zsh node dist/cli.js completion >"$share/zsh/vendor-completions/_certbot-ha"
  SHELL=/usr/bin/fish node dist/cli.js completion >"$share/fish/vendor_completions.d/certbot-ha.fish"
}

documents() {
  mkdir -p "$root$pages"
  cp -R docs/. "$root$pages"
  # What is typed on a host; install.md, by-hand.md and the records of decisions name other installations.
  find "$root$pages" -name '*.md' ! -name install.md ! -name by-hand.md ! -path '*/decisions/*' \
    -exec sed -i 's|/usr/local/bin/certbot-ha|/usr/bin/certbot-ha|g' {} +
  cp README.md CHANGELOG.md "$root$pages/.."
  [ -z "$node" ] || install -m 0644 "$node/LICENSE" "$root$pages/../LICENSE.node"
  install -D -m 0644 -t "$root/etc/certbot-ha" packaging/config.yaml.example
}

programs
units
manual
completions
documents
# Whatever they are in the clone.
chmod -R u=rwX,go=rX "$root"
find "$root" -exec touch --no-dereference --date "@$SOURCE_DATE_EPOCH" {} +
