#!/usr/bin/env bash
# The property lists for macOS are well-formed, and what macOS needs is in them.
#
#   tests/packages/plist.sh SOURCE-DIR
set -euo pipefail
cd "${1:?usage: plist.sh SOURCE-DIR}"
if ! command -v python3 >/dev/null; then
  echo "python3 is not installed, so nobody can read the property lists: skipped."
  exit 77
fi
python3 - <<'PY'
import plistlib

def read(path):
    with open(path, "rb") as file:
        return plistlib.load(file, fmt=plistlib.FMT_XML)

info = read("config/macos/Info.plist.in")
for name in ("agent", "daemon"):
    service = read(f"config/service/launch-{name}.plist")
    assert service["Label"] == info["CFBundleIdentifier"] == "org.meshzero.node", name
    assert service["ProgramArguments"] == ["@PROGRAM@", "up", "--foreground"], name
    assert service["KeepAlive"] == {"SuccessfulExit": False} and service["RunAtLoad"] is True, name
    assert service["ExitTimeOut"] == 30 and service["ThrottleInterval"] >= 10, name
    assert ("UserName" in service) == (name == "daemon"), name
assert info["NSBonjourServices"] == ["_meshzero._tcp"]
assert info["NSLocalNetworkUsageDescription"].endswith(".")
PY
