#!/usr/bin/env bash
# Runs clang-tidy over the program's sources (not the tests) with the checks of .clang-tidy.
#
#   scripts/check-tidy.sh BUILD-DIR [FILE...]     BUILD-DIR is configured for clang, and nothing needs to be built in it;
#                                                 default: every file compiled there
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build="${1:?usage: scripts/check-tidy.sh BUILD-DIR [FILE...]}"
shift
if [ ! -f "$build/compile_commands.json" ]; then
  echo "There is no $build/compile_commands.json. Configure that build first: cmake --preset clang" >&2
  exit 1
fi
cmake --build "$build" --target generated_headers >/dev/null
# clang-tidy reads a file once for each of its commands, and a kernel has eight: one is enough. Generated sources lie under
# the build directory.
mkdir -p "$build/tidy"
python3 - "$build" >"$build/tidy/files" <<'PYTHON'
import json, os, sys
commands, of_tests = {}, {}
for entry in json.load(open(sys.argv[1] + "/compile_commands.json")):
    path = os.path.relpath(entry["file"])
    if not path.startswith(("tests/", "build/")):
        (of_tests if " -o tests/" in entry["command"] else commands)[path] = entry
commands = {**of_tests, **commands}  # some sources for other systems are compiled by tests alone
json.dump(list(commands.values()), open(sys.argv[1] + "/tidy/compile_commands.json", "w"))
print(*sorted(commands), sep="\n")
PYTHON
if [ $# -gt 0 ]; then printf '%s\n' "$@"; else cat "$build/tidy/files"; fi | tr '\n' '\0' |
  xargs -0 -n 1 -P "$(getconf _NPROCESSORS_ONLN)" clang-tidy --quiet -p "$build/tidy"
