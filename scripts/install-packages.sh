#!/usr/bin/env bash
# Installs the packages that building and testing need and that are missing. Says what it installs; says nothing and does
# nothing when all is there.
#
#   scripts/install-packages.sh [run|test|all]     default: run; test includes run, all includes both
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"

case "${1:-run}" in
  run) purposes="run" ;;
  test) purposes="run test" ;;
  all) purposes="run test all" ;;
  *)
    echo "usage: scripts/install-packages.sh [run|test|all]" >&2
    exit 2
    ;;
esac

have() { command -v "$1" >/dev/null 2>&1; }

if [ "$(uname -s)" = Darwin ]; then
  if ! have brew; then
    echo "Homebrew is missing: install it from https://brew.sh, then start this again." >&2
    exit 1
  fi
  if ! brew bundle check --no-upgrade --file="$here/Brewfile" >/dev/null 2>&1; then
    echo "Installing what is missing from scripts/Brewfile with Homebrew."
    brew bundle install --no-upgrade --file="$here/Brewfile"
  fi
  exit 0
fi

if ! have apt-get || ! have dpkg-query; then
  echo "This system has no apt-get. Install the equivalents of the packages in scripts/packages.txt by your own package" \
    "manager, then start this again with MESHZERO_NO_INSTALL=1." >&2
  exit 1
fi

installed=" $(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | tr '\n' ' ')"
missing=()
while read -r purpose package commands; do
  case " $purposes " in *" $purpose "*) ;; *) continue ;; esac
  case "$installed" in *" $package "*) continue ;; esac
  for command in $commands; do
    if have "$command"; then continue 2; fi
  done
  missing+=("$package")
done < <(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$here/packages.txt")

if [ ${#missing[@]} -eq 0 ]; then exit 0; fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! have sudo; then
    echo "These packages are missing and only root can install them: ${missing[*]}" >&2
    echo "Run as root: apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "Installing ${#missing[@]} missing packages: ${missing[*]}"
quiet_apt() {
  ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@"
}
# The lists may be absent or older than the archive, so they are fetched when the first attempt finds something missing.
if ! quiet_apt install -y --no-install-recommends "${missing[@]}" >/dev/null 2>&1; then
  # One unreachable extra source must not stop the others: apt-get update then fails but has done its work.
  quiet_apt update >/dev/null || true
  quiet_apt install -y --no-install-recommends "${missing[@]}" >/dev/null
fi
