#!/usr/bin/env bash
# Writes docs/api.md, docs/reference/ and the schema of weight files anew from the release build; tests compare them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mkdir -p docs/reference
for table in cli settings metrics limits doctor; do
  build/release/meshzero reference "$table" >"docs/reference/$table.md"
done
build/release/meshzero reference routes >docs/api.md
build/release/meshzero reference weights >config/heuristics/weights.schema.json
build/release/meshzero routes --openapi >docs/reference/openapi.json
