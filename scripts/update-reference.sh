#!/usr/bin/env bash
# Writes docs/reference/ anew from the release build; a test compares the two.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mkdir -p docs/reference
for table in cli settings routes metrics limits doctor; do
  build/release/meshzero reference "$table" >"docs/reference/$table.md"
done
build/release/meshzero routes --openapi >docs/reference/openapi.json
