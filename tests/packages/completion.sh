#!/usr/bin/env bash
# The completion scripts, in the shells themselves: each is asked through its own machinery.
#
#   tests/packages/completion.sh MESHZERO bash|fish
set -euo pipefail
meshzero="${1:?usage: completion.sh MESHZERO bash|fish}"
shell="$2"
if ! command -v "$shell" >/dev/null; then
  echo "$shell is not installed, so nobody can complete with it: skipped."
  exit 77
fi
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
export HOME="$work/home" XDG_CONFIG_HOME="$work/home/.config" XDG_DATA_HOME="$work/home/.local/share"
mkdir -p "$HOME" "$work/here/folder"
touch "$work/here/file one.db"
"$meshzero" completion "$shell" >"$work/script"

# ask LINE: the completions of that line, one a line.
case "$shell" in
  bash)
    cat >"$work/ask" <<'ASK'
source "$1"
line="$2"
# As readline does: words split at COMP_WORDBREAKS, = among them.
COMP_LINE="$line" COMP_POINT=${#line}
read -ra COMP_WORDS <<<"${line//=/ = }"
case "$line" in *' ' | *=) COMP_WORDS+=("") ;; esac
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
spec="$(complete -p meshzero)"
[[ "$spec" =~ -F\ ([^ ]+) ]]
"${BASH_REMATCH[1]}" meshzero
printf '%s\n' "${COMPREPLY[@]}"
ASK
    ask() { (cd "$work/here" && bash --norc "$work/ask" "$work/script" "$1"); }
    ;;
  fish)
    ask() {
      # shellcheck disable=SC2016
      (cd "$work/here" && fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$work/script" "$1") |
        cut -f 1
    }
    ;;
esac

failed=0
expect() { # expect LINE WANTED...: each is among the completions
  local line="$1" found wanted
  found="$(ask "$line")"
  shift
  for wanted in "$@"; do
    if ! grep -qxF -e "$wanted" <<<"$found"; then
      printf '%s: "%s" does not offer %s but:\n%s\n' "$shell" "$line" "$wanted" "$found" >&2
      failed=1
    fi
  done
}
refuse() { # refuse LINE UNWANTED
  if ask "$1" | grep -qxF -e "$2"; then
    printf '%s: "%s" offers %s\n' "$shell" "$1" "$2" >&2
    failed=1
  fi
}

expect "meshzero s" status service selfplay
refuse "meshzero s" up
expect "meshzero service " install uninstall status
expect "meshzero up --no" --no-discovery
expect "meshzero service install --u" --user
refuse "meshzero service status --f" --force
expect "meshzero up --listen " auto loopback everywhere
expect "meshzero up --listen loopback --fo" --foreground
expect "meshzero token create --role " node operator
case "$shell" in
  bash)
    expect "meshzero up --lead=" auto last
    expect "meshzero up --data " folder
    refuse "meshzero up --data " "file one.db"
    expect "meshzero data stats " folder "file one.db"
    # The value of a flag is no verb.
    expect "meshzero up --data status --fo" --foreground
    ;;
  fish)
    expect "meshzero up --data " folder/
    expect "meshzero data stats f" folder/ "file one.db"
    ;;
esac
exit $failed
