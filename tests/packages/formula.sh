#!/usr/bin/env bash
# The formula depends on what scripts/Brewfile installs, and is Ruby where there is one to ask.
#
#   tests/packages/formula.sh SOURCE-DIR
set -euo pipefail
cd "${1:?usage: formula.sh SOURCE-DIR}"
formula=config/homebrew/meshzero.rb

# The other formulae of that file are for working on MeshZero only.
sed -n 's/^brew "\([^"]*\)".*/\1/p' scripts/Brewfile | grep -vxE 'ccache|googletest|coreutils' | sort |
  diff - <(sed -n 's/^ *depends_on "\([^"]*\)".*/\1/p' "$formula" | sort) || {
  echo "$formula (>) does not depend on what scripts/Brewfile (<) installs for the program." >&2
  exit 1
}
if ! command -v ruby >/dev/null; then
  echo "ruby is not installed, so the rest of the formula was not read."
  exit 0
fi
ruby -c "$formula" >/dev/null
