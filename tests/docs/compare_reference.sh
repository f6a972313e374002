#!/usr/bin/env bash
# Fails when a generated file in docs differs from what the program prints.
#
#   tests/docs/compare_reference.sh SOURCE-DIR FILE COMMAND...
set -euo pipefail
source_dir="$1"
file="docs/$2"
shift 2
if ! diff -u "$source_dir/$file" <("$@"); then
  echo "$file is not what the program has: run scripts/update-reference.sh and commit the result." >&2
  exit 1
fi
