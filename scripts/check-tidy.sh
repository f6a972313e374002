#!/usr/bin/env bash
# Runs clang-tidy over the program's sources (not the tests) with the checks of .clang-tidy.
#
#   scripts/check-tidy.sh BUILD-DIR [FILE...]     BUILD-DIR is a clang build; default: every file compiled there
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build="${1:?usage: scripts/check-tidy.sh BUILD-DIR [FILE...]}"
shift
list_files() {
  if [ $# -gt 0 ]; then
    printf '%s\n' "$@"
  else
    # Generated sources lie under the build directory.
    sed -n 's/^ *"file": "\(.*\)".*/\1/p' "$build/compile_commands.json" | grep -vE "^$PWD/(tests|build)/"
  fi
}
list_files "$@" | sort -u | tr '\n' '\0' |
  xargs -0 -n 1 -P "$(getconf _NPROCESSORS_ONLN)" clang-tidy --quiet -p "$build"
