# shellcheck shell=sh
# certbot's auth and clean-up hook, as long as certbot has more challenges to come: docs/decisions/0061-launchers.md. It starts no
# program, says nothing of its own, and leaves what it is not sure of to the hook of Node.js. The build puts `_cbha_hook=auth`
# or `_cbha_hook=cleanup` before it. No variable has a name that the environment may have: all of that is handed on to Node.js.
# shellcheck disable=SC2154
# The environment may have options of bash too.
set -fC +au
_cbha_letters=abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789
_cbha_line='
' _cbha_blank=' 	'

# That many characters of base64url.
is_base64url() {
  case $1 in *[!"$_cbha_letters"_-]*) return 1 ;; esac
  [ ${#1} -ge "$2" ] && [ ${#1} -le "$3" ]
}

# Surely a DNS name, and no IP address.
is_name() {
  case $1 in '' | *[!"$_cbha_letters"._-]*) return 1 ;; *[!0123456789.]*) ;; *) return 1 ;; esac
  case .$1. in *..* | *.-* | *-.* | *_.*) return 1 ;; esac
  IFS=.
  for _cbha_label in $1; do [ ${#_cbha_label} -le 63 ] || return 1; done
  [ ${#1} -le 253 ]
}

# Surely the name of a record, whatever is put before it.
is_record() {
  case ${1##*.} in [0123456789]*) return 1 ;; esac
  case $1 in *[Xx][Nn]--*) return 1 ;; esac
  [ ${#1} -le 237 ]
}

# The number of each process above this one, the nearest first; of one that may be a certbot, as NUMBER:START (proc(5)). The shell
# reads byte by byte, and status is shorter.
find_above() {
  _cbha_above='' _cbha_pid=$PPID _cbha_depth=32
  while [ "$_cbha_pid" -gt 1 ]; do
    [ $((_cbha_depth -= 1)) -ge 0 ] || return 1
    IFS=$_cbha_blank _cbha_parent='' _cbha_command=''
    while [ -z "$_cbha_parent" ] && read -r _cbha_field _cbha_word; do
      case $_cbha_field in Name:) _cbha_command=$_cbha_word ;; PPid:) _cbha_parent=$_cbha_word ;; esac
    done <"/proc/$_cbha_pid/status"
    case $_cbha_command in
      certbot | python*)
        read -r _cbha_stat <"/proc/$_cbha_pid/stat" || return 1
        # Fields, behind a command that may hold any character. Looking for its end would take half of all instructions.
        _cbha_fields=${_cbha_stat#"$_cbha_pid ($_cbha_command) "}
        [ "$_cbha_fields" != "$_cbha_stat" ] || return 1
        # shellcheck disable=SC2086 # each is a word
        set -- $_cbha_fields
        # A name may hold a line break.
        case ${20-} in '' | *[!0123456789]*) return 1 ;; esac
        _cbha_above="$_cbha_above $_cbha_pid:${20}"
        ;;
      *) _cbha_above="$_cbha_above $_cbha_pid" ;;
    esac
    _cbha_pid=$_cbha_parent
  done
  [ "$_cbha_pid" -ge 0 ] || return 1
  case $_cbha_above in *:*) ;; *) return 1 ;; esac
}

# Whether this call is done.
is_done() {
  case $#:${1-} in 0:) _cbha_config=${CERTBOT_HA_CONFIG-} ;; 2:--config) _cbha_config=${2:-?} ;; *) return 1 ;; esac
  case $_cbha_config in '' | /*) ;; *) return 1 ;; esac
  _cbha_remaining=${CERTBOT_REMAINING_CHALLENGES-}
  case $_cbha_remaining in '' | 0* | *[!0123456789]* | ???????*) return 1 ;; esac
  _cbha_identifier=${CERTBOT_IDENTIFIER:-${CERTBOT_DOMAIN-}} _cbha_all=${CERTBOT_ALL_IDENTIFIERS:-${CERTBOT_ALL_DOMAINS-}}
  is_name "$_cbha_identifier" || return 1
  _cbha_token=${CERTBOT_TOKEN-} _cbha_value=${CERTBOT_VALIDATION-}
  if [ -n "$_cbha_token" ]; then
    case $_cbha_value in "$_cbha_token".*) ;; *) return 1 ;; esac
    is_base64url "$_cbha_token" 16 128 && is_base64url "${_cbha_value#"$_cbha_token".}" 43 43 || return 1
  else
    is_base64url "$_cbha_value" 43 43 && is_record "$_cbha_identifier" || return 1
  fi
  [ "$_cbha_hook" = auth ] || return 0

  _cbha_records=${CERTBOT_HA_RECORDS:-/run/certbot-ha-hooks}
  case $_cbha_records in /*[!/]) ;; *) return 1 ;; esac
  # shellcheck disable=SC3067 # the shells that may be sh have -O
  [ -d "$_cbha_records" ] && [ ! -h "$_cbha_records" ] && [ -O "$_cbha_records" ] || return 1
  case $_cbha_all$_cbha_config in *"$_cbha_line"*) return 1 ;; esac
  find_above || return 1
  _cbha_record=$_cbha_records/${_cbha_token:-$_cbha_value}.certbot-ha-record
  # -C opens what is there and no plain file, such as a pipe, which nobody may ever read.
  { [ -e "$_cbha_record" ] || [ -h "$_cbha_record" ]; } && return 1
  # A file that may not be so large, and words that nobody reads, are for the hook to tell of.
  trap '' PIPE XFSZ
  # One write, into a file that was not there. What is cut off has no last line.
  printf '%s\n' 1 "$_cbha_identifier" "$_cbha_token" "$_cbha_value" "$_cbha_remaining" "$_cbha_all" "$_cbha_config" "$_cbha_above" end >"$_cbha_record" || return 1
  # By the umask it may be one that the last call cannot read.
  [ -r "$_cbha_record" ] || return 1
  printf '%s: recorded, %s more to come\n' "$_cbha_identifier" "$_cbha_remaining"
}

is_done "$@" 2>/dev/null && exit 0
exec node "$0" "$@"
