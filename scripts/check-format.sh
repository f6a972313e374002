#!/usr/bin/env bash
# Fails when a C++ file is not formatted as .clang-format says; `--fix` formats instead.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [ "${1:-}" = --fix ]; then
  git ls-files -z '*.h' '*.cpp' '*.inl' | xargs -0 clang-format -i
else
  git ls-files -z '*.h' '*.cpp' '*.inl' | xargs -0 clang-format --dry-run --Werror
fi
