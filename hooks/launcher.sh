# shellcheck shell=sh
# certbot's auth and clean-up hook, as long as certbot has more challenges to come: docs/decisions/0061-launchers.md. It starts no
# program, says nothing of its own, and leaves what it is not sure of to the hook of Node.js. The build puts `hook=auth` or
# `hook=cleanup` before it.
# shellcheck disable=SC2154
set -fC
letters=abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789
line='
' blank=' 	'

# That many characters of base64url.
is_base64url() {
  case $1 in *[!"$letters"_-]*) return 1 ;; esac
  [ ${#1} -ge "$2" ] && [ ${#1} -le "$3" ]
}

# Surely a DNS name, and no IP address.
is_name() {
  case $1 in '' | *[!"$letters"._-]*) return 1 ;; *[!0123456789.]*) ;; *) return 1 ;; esac
  case .$1. in *..* | *.-* | *-.* | *_.*) return 1 ;; esac
  IFS=.
  for label in $1; do [ ${#label} -le 63 ] || return 1; done
  [ ${#1} -le 253 ]
}

# Surely the name of a record, whatever is put before it.
is_record() {
  case ${1##*.} in [0123456789]*) return 1 ;; esac
  case $1 in *[Xx][Nn]--*) return 1 ;; esac
  [ ${#1} -le 237 ]
}

# Each process above this one that may be a certbot, as NUMBER:START (proc(5)). The shell reads byte by byte, and status is shorter.
find_certbots() {
  certbots='' pid=$PPID depth=32
  while [ "$pid" -gt 1 ]; do
    [ $((depth -= 1)) -ge 0 ] || return 1
    IFS=$blank above='' command=''
    while [ -z "$above" ] && read -r field word; do
      case $field in Name:) command=$word ;; PPid:) above=$word ;; esac
    done <"/proc/$pid/status"
    case $command in
      certbot | python*)
        read -r stat <"/proc/$pid/stat" || return 1
        # shellcheck disable=SC2086 # fields, behind a command that may hold any character
        set -- ${stat##*) }
        certbots="$certbots $pid:${20}"
        ;;
    esac
    pid=$above
  done
  [ "$pid" -ge 0 ] && [ -n "$certbots" ]
}

# Whether this call is done.
is_done() {
  case $#:$1 in 0:) config=${CERTBOT_HA_CONFIG-} ;; 2:--config) config=${2:-?} ;; *) return 1 ;; esac
  case $config in '' | /*) ;; *) return 1 ;; esac
  remaining=${CERTBOT_REMAINING_CHALLENGES-}
  case $remaining in '' | 0* | *[!0123456789]* | ???????*) return 1 ;; esac
  identifier=${CERTBOT_IDENTIFIER:-${CERTBOT_DOMAIN-}} all=${CERTBOT_ALL_IDENTIFIERS:-${CERTBOT_ALL_DOMAINS-}}
  is_name "$identifier" || return 1
  token=${CERTBOT_TOKEN-} value=${CERTBOT_VALIDATION-}
  if [ -n "$token" ]; then
    case $value in "$token".*) ;; *) return 1 ;; esac
    is_base64url "$token" 16 128 && is_base64url "${value#"$token".}" 43 43 || return 1
  else
    is_base64url "$value" 43 43 && is_record "$identifier" || return 1
  fi
  [ "$hook" = auth ] || return 0

  records=${CERTBOT_HA_RECORDS:-/run/certbot-ha-hooks}
  case $records in /*[!/]) ;; *) return 1 ;; esac
  # shellcheck disable=SC3067 # the shells that may be sh have -O
  [ -d "$records" ] && [ ! -h "$records" ] && [ -O "$records" ] || return 1
  case $all$config in *"$line"*) return 1 ;; esac
  find_certbots || return 1
  record=$records/${token:-$value}.certbot-ha-record
  # -C opens what is there and no plain file, such as a pipe, which nobody may ever read.
  { [ -e "$record" ] || [ -h "$record" ]; } && return 1
  # One write, into a file that was not there. What is cut off has no last line.
  printf '%s\n' 1 "$identifier" "$token" "$value" "$remaining" "$all" "$config" "$certbots" end >"$record" || return 1
  trap '' PIPE
  printf '%s: recorded, %s more to come\n' "$identifier" "$remaining"
}

is_done "$@" 2>/dev/null && exit 0
exec node "$0" "$@"
