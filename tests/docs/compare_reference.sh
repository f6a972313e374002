#!/usr/bin/env bash
# Fails when a table in docs/reference differs from what the program prints.
#
#   tests/docs/compare_reference.sh SOURCE-DIR MESHZERO TABLE
set -euo pipefail
if ! diff -u "$1/docs/reference/$3.md" <("$2" reference "$3"); then
  echo "docs/reference/$3.md is not what the program has: run scripts/update-reference.sh and commit the result." >&2
  exit 1
fi
