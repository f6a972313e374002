#!/usr/bin/env bash
# Fails when a row of the threat table of docs/security.md names no test, or one that does not exist.
#
#   tests/docs/security_table.sh SOURCE-DIR
set -euo pipefail
cd "${1:?usage: security_table.sh SOURCE-DIR}"

status=0
rows=0
while IFS= read -r row; do
  rows=$((rows + 1))
  tests=$(grep -oE '`[A-Z][A-Za-z0-9]+\.[A-Za-z0-9_]+`' <<<"${row##* | }" | tr -d '`') || {
    echo "docs/security.md names no test for a threat: $row" >&2
    status=1
    continue
  }
  while IFS=. read -r suite name; do
    if ! grep -rqE "^TEST(_F|_P)?\(($suite|${suite}Test), $name\)" tests --include=*.cpp; then
      echo "docs/security.md names the test $suite.$name, which does not exist." >&2
      status=1
    fi
  done <<<"$tests"
done < <(sed -n '/^## Threats and their tests$/,/^## Attacks/p' docs/security.md | grep -E '^\| .* \|$' | tail -n +3)
if [ "$rows" -lt 20 ]; then
  echo "The threat table of docs/security.md was not understood: only $rows rows found." >&2
  status=1
fi
exit $status
