#!/usr/bin/env bash
# Builds the Debian package of this machine's kind into build/package, from the release build, which it brings up to date.
# The last line it prints is the path of the package.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

say() { printf '== %s\n' "$*"; }

for command in dpkg-shlibdeps file; do
  if ! command -v "$command" >/dev/null; then
    echo "$command is missing: Debian and Ubuntu have it after \`sudo apt-get install dpkg-dev file\`." >&2
    exit 1
  fi
done

say "building build/release/meshzero"
[ -f build/release/build.ninja ] || cmake --preset release
cmake --build --preset release --target meshzero
say "packing it into build/package"
rm -rf build/package
cpack --config build/release/CPackConfig.cmake -B build/package
rm -rf build/package/_CPack_Packages
say "install it: sudo apt-get install ./$(echo build/package/*.deb)"
printf '%s\n' "$PWD"/build/package/*.deb
