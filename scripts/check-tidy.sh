#!/usr/bin/env bash
# Runs clang-tidy over the program's sources (not the tests) with the checks of .clang-tidy.
#
#   scripts/check-tidy.sh BUILD-DIR [FILE...]     BUILD-DIR holds the compile commands of a clang build; default: all files
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build="${1:?usage: scripts/check-tidy.sh BUILD-DIR [FILE...]}"
shift
list_files() {
  if [ $# -gt 0 ]; then
    printf '%s\0' "$@"
  else
    git ls-files -z '*.cpp' ':!tests/*'
  fi
}
list_files "$@" | xargs -0 -n 1 -P "$(getconf _NPROCESSORS_ONLN)" clang-tidy --quiet -p "$build"
