#!/usr/bin/env bash
# Writes docs/reference/ anew from the release build; a test compares the two.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
for table in cli settings limits; do
  build/release/meshzero reference "$table" >"docs/reference/$table.md"
done
