#!/usr/bin/env bash
# Fails when a folder includes or links one that stands above it. From the bottom: engine, store, train, p2p, api, node.
# The engine is also kept free of clocks, threads, files and sockets.
#
#   tests/repository/layers.sh ROOT
set -euo pipefail
cd "${1:?usage: layers.sh ROOT}"

status=0
complain() {
  echo "$1" >&2
  status=1
}

layers="engine store train p2p api node"
above="$layers"
for layer in $layers; do
  above="${above#"$layer"}"
  above="${above# }"
  [ -d "$layer" ] && [ -n "$above" ] || continue
  pattern="$(tr ' ' '|' <<<"$above")"
  if grep -rnE "#include \"($pattern)/" "$layer"; then complain "$layer/ includes a folder that stands above it."; fi
  if grep -rnE --include=CMakeLists.txt "\bmz_($pattern)\b" "$layer"; then
    complain "$layer/ links a target that stands above it."
  fi
done

# large_pages.cpp asks for memory only, in pages of another size.
if grep -rnE '#include <(chrono|ctime|fstream|iostream|filesystem|thread|mutex|random|sys/.*|unistd\.h|dlfcn\.h)>' engine |
  grep -vE '^engine/base/large_pages\.cpp:[0-9]+:#include <sys/mman\.h>$'; then
  complain "engine/ must not read clocks or files, start threads or use the standard library's random numbers."
fi
if grep -rnE '#include <(chrono|ctime|fstream|iostream|filesystem|thread|mutex|random|sys/.*|unistd\.h)>' p2p/agreement; then
  complain "p2p/agreement/ must not read clocks, open files or start threads: the simulator drives it."
fi
exit $status
