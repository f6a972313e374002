#!/usr/bin/env bash
# Fails when a seed gives two different runs.
#
#   tests/sim/same_run.sh MESHZERO-SIM
set -euo pipefail
for seed in 1 7 42; do
  for policy in "" "--policy etcd"; do
    # shellcheck disable=SC2086  # two words, or none
    first="$("$1" $policy --seed "$seed" --trace | sha256sum)"
    # shellcheck disable=SC2086
    second="$("$1" $policy --seed "$seed" --trace | sha256sum)"
    if [ "$first" != "$second" ]; then
      echo "Seed $seed gives two different runs." >&2
      exit 1
    fi
  done
done
