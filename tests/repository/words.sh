#!/usr/bin/env bash
# Fails when a file of the repository names a path of somebody's machine or carries a mark of unfinished work.
#
#   tests/repository/words.sh ROOT
set -euo pipefail
cd "${1:?usage: words.sh ROOT}"

# Brackets keep these lines from matching themselves.
machine_paths='(^|[^[:alnum:]_.}$])/(hom[e]|Use[r]s|roo[t]|wor[k])/[[:alnum:]_.-]'
unfinished='\b(TOD[O]|FIXM[E]|XX[X]|HAC[K])\b'

list_files() {
  if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git ls-files -z
  else
    find . -path ./build -prune -o -name node_modules -prune -o -type f -print0
  fi
}

if list_files | grep -zv 'package-lock.json$' | xargs -0 grep -InE "$machine_paths|$unfinished"; then
  echo "The lines above name a path of one machine or mark unfinished work." >&2
  exit 1
fi
