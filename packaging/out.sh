# The directory that packages are made into. Sourced.
# shellcheck shell=bash

# check_out DIRECTORY: says what is in it that no earlier run has made, and fails; nothing else may be replaced.
check_out() {
  local out=$1 listed name
  [ -e "$out" ] || [ -L "$out" ] || return 0
  [ -d "$out" ] || {
    echo "$out is no directory"
    return 1
  }
  mapfile -t listed < <(listed_in "$out")
  while IFS= read -r -d '' name; do
    if is_one_of "$name" SHA256SUMS "${listed[@]}" && [ -f "$out/$name" ] && [ ! -L "$out/$name" ]; then continue; fi
    echo "$out holds something other than packages: ${name@Q}"
    return 1
  done < <(find "$out/" -mindepth 1 -maxdepth 1 -printf '%P\0' | sort -z)
}

# put_out MADE DIRECTORY: replaces what an earlier run has made. Wherever this ends, SHA256SUMS lists all that is there.
put_out() {
  local made=$1 out=$2 name
  mkdir -p "$out"
  while IFS= read -r name; do rm -f -- "$out/$name"; done < <(listed_in "$out")
  mv -T -- "$made/SHA256SUMS" "$out/SHA256SUMS"
  while IFS= read -r name; do mv -T -- "$made/$name" "$out/$name"; done < <(listed_in "$out")
}

# The packages that the SHA256SUMS of a directory lists. One with the sums of something else lists none.
listed_in() {
  [ -f "$1/SHA256SUMS" ] || return 0
  sed -nE 's/^[0-9a-f]{64}  (certbot-ha[-_][0-9A-Za-z._~-]+\.(deb|rpm|tgz|cdx\.json))$/\1/p' "$1/SHA256SUMS"
}

is_one_of() {
  local name=$1 one
  shift
  for one; do [ "$one" != "$name" ] || return 0; done
  return 1
}
