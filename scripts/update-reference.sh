#!/usr/bin/env bash
# Writes docs/api.md and docs/reference/ anew from the release build; a test compares the two.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mkdir -p docs/reference
for table in cli settings metrics limits doctor; do
  build/release/meshzero reference "$table" >"docs/reference/$table.md"
done
build/release/meshzero reference routes >docs/api.md
build/release/meshzero routes --openapi >docs/reference/openapi.json
