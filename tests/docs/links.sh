#!/usr/bin/env bash
# Fails when a document links to a file of this repository that does not exist.
#
#   tests/docs/links.sh SOURCE-DIR
set -euo pipefail
cd "${1:?usage: links.sh SOURCE-DIR}"
broken=0
while IFS= read -r document; do
  # [text](target), the target without its #fragment; addresses with a scheme are somebody else's.
  while IFS= read -r target; do
    if [ ! -e "$(dirname "$document")/$target" ]; then
      echo "$document links to $target, which does not exist." >&2
      broken=1
    fi
  done < <(grep -oE '\]\([^)#]+' "$document" | sed 's/^](//' | grep -v '://')
done < <(ls -1 ./*.md; find docs -name '*.md')
exit $broken
