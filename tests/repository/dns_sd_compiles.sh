#!/usr/bin/env bash
# dns_sd_compiles.sh COMPILER ROOT: does the part of discovery for macOS compile? Against Avahi's copy of its header, which lacks
# what apple_dns_sd.h adds. Says what is missing and ends with 77 where the header is not installed.
set -euo pipefail
if [ ! -f /usr/include/dns_sd.h ]; then
  echo "Skipped: dns_sd.h is missing; Debian has it in libavahi-compat-libdnssd-dev."
  exit 77
fi
cd "$2"
"$1" -std=c++20 -fsyntax-only -Wall -Wextra -Wconversion -Werror -I. -include tests/repository/apple_dns_sd.h p2p/discovery/dns_sd.cpp
