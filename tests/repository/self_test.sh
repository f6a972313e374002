#!/usr/bin/env bash
# The repository checks must find what they look for: each is shown a folder with one fault.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

must() { # must pass|fail COMMAND...
  local wanted="$1" got=pass
  shift
  "$@" >/dev/null 2>&1 || got=fail
  if [ "$got" != "$wanted" ]; then
    echo "expected to $wanted: $*" >&2
    exit 1
  fi
}

mkdir -p "$work"/tree/{engine,store}
echo '#include "engine/a.h"' >"$work/tree/store/b.h"
echo 'int a();' >"$work/tree/engine/a.h"
must pass "$here/layers.sh" "$work/tree"
must pass "$here/words.sh" "$work/tree"

echo '#include "store/b.h"' >"$work/tree/engine/upwards.h"
must fail "$here/layers.sh" "$work/tree"
echo '#include <chrono>' >"$work/tree/engine/upwards.h"
must fail "$here/layers.sh" "$work/tree"
rm "$work/tree/engine/upwards.h"
echo 'target_link_libraries(mz_engine PUBLIC mz_store)' >"$work/tree/engine/CMakeLists.txt"
must fail "$here/layers.sh" "$work/tree"

for fault in 'TO''DO: later' "open(\"/ho""me/somebody/games.db\")"; do
  echo "$fault" >"$work/tree/engine/a.h"
  must fail "$here/words.sh" "$work/tree"
done
echo "every check found its fault"
