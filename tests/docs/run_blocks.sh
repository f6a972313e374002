#!/usr/bin/env bash
# Runs the ```sh blocks of one Markdown file as a reader would: one after the other, in one shell and one directory.
#
#   tests/docs/run_blocks.sh SOURCE-DIR BUILD-DIR FILE.md
#
# Nothing of the user's is touched: HOME, data directory and port are private, and the default port 8765 in the text stands
# for the private one. The directory looks like the repository's root: `./run` is the real one, `./test` is the real one
# with --dry-run, because the tests cannot run themselves. A block that cannot be run is marked ```text in the document.
set -euo pipefail
source_dir="${1:?usage: run_blocks.sh SOURCE-DIR BUILD-DIR FILE.md}"
build_dir="$2"
document="$source_dir/$3"

# A fence of another kind would hide a command from this test.
if grep -nE '^ *```' "$document" | grep -vE ':```(sh|text|json|sql|cpp|cmake)?$'; then
  echo "$3: fences must start in the first column and be sh, text, json, sql, cpp or cmake." >&2
  exit 1
fi

work="$(mktemp -d "${TMPDIR:-/tmp}/meshzero-docs.XXXXXX")"
mkdir -p "$work/home" "$work/bin" "$work/root"
ln -s "$build_dir/meshzero" "$work/bin/meshzero"
# Without what a reader has made there by following the README: the same commands would find their output in the way.
entries() {
  if git -C "$source_dir" rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git -C "$source_dir" ls-files | cut -d/ -f1 | sort -u
    echo build
  else
    ls "$source_dir"
  fi
}
entries | while read -r entry; do
  ln -s "$source_dir/$entry" "$work/root/"
done
rm "$work/root/test"
printf '#!/bin/sh\nexec "%s/test" --dry-run "$@"\n' "$source_dir" >"$work/root/test"
chmod +x "$work/root/test"

export HOME="$work/home"
unset XDG_DATA_HOME XDG_CONFIG_HOME XDG_STATE_HOME XDG_CACHE_HOME XDG_RUNTIME_DIR
export MESHZERO_DATA="$work/data"
export MESHZERO_DISCOVERY=off # no test speaks to the network around it
export PATH="$work/bin:$PATH"

finish() {
  status=$?
  "$work/bin/meshzero" down >"$work/down.log" 2>&1 || true
  if [ "$status" -ne 0 ] && ls "$work"/data/log/*.log >/dev/null 2>&1; then tail -n 20 "$work"/data/log/*.log; fi
  rm -rf "$work"
  exit "$status"
}
trap finish EXIT

# A free port: the kernel names one that nobody uses; the ranges of the tests' own servers lie elsewhere.
free_port() {
  local candidate
  for _ in $(seq 50); do
    candidate=$((20000 + RANDOM % 10000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$candidate") 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  return 1
}
port="$(free_port)"
export MESHZERO_PORT="$port"

awk -v name="$3" -v port="$port" '
  /^```/ {
    if (inside) { inside = 0; next }
    if ($0 == "```sh") { inside = 1; ++blocks; printf "echo \"--- %s line %d\"\n", name, NR; next }
    skipping = !skipping
    next
  }
  inside { gsub(/8765/, port); print }
  END { if (!blocks) printf "echo \"%s has no sh block\"\n", name }
' "$document" >"$work/blocks.sh"

cd "$work/root"
bash -euo pipefail "$work/blocks.sh" </dev/null
