#!/usr/bin/env bash
# Fails when the threat table of docs/security.md names a test that does not exist.
#
#   tests/docs/security_table.sh SOURCE-DIR
set -euo pipefail
cd "${1:?usage: security_table.sh SOURCE-DIR}"

status=0
count=0
while IFS=. read -r suite name; do
  count=$((count + 1))
  if ! grep -rqE "^TEST(_F|_P)?\(($suite|${suite}Test), $name\)" tests --include=*.cpp; then
    echo "docs/security.md names the test $suite.$name, which does not exist." >&2
    status=1
  fi
done < <(grep -E '^\| .* \|$' docs/security.md | grep -oE '`[A-Z][A-Za-z]+\.[A-Za-z0-9_]+`' | tr -d '`' | sort -u)
if [ "$count" -lt 20 ]; then
  echo "The threat table of docs/security.md was not understood: only $count tests found." >&2
  status=1
fi
exit $status
