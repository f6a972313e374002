#!/usr/bin/env bash
# The Debian package is built from a build directory as it is, and dpkg installs, upgrades, removes and purges it in a folder with
# a database of its own. The maintainer's scripts run; systemctl only writes down what it is told about a running systemd.
#
#   tests/packages/deb.sh SOURCE-DIR BUILD-DIR
set -euo pipefail
source_dir="${1:?usage: deb.sh SOURCE-DIR BUILD-DIR}"
build_dir="$2"
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin" # dpkg wants ldconfig
for command in dpkg-deb dpkg-shlibdeps file systemctl systemd-analyze; do
  if ! command -v "$command" >/dev/null; then
    echo "$command is not installed, so no Debian package can be tried: skipped."
    exit 77
  fi
done
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

# Built by somebody who keeps his files to himself.
(umask 077 && cpack --config "$build_dir/CPackConfig.cmake" -B "$work/package") >"$work/said" 2>&1 ||
  fail "$(cat "$work/said")"
deb="$(echo "$work"/package/*.deb)"

# The files, and nothing but them.
dpkg-deb --fsys-tarfile "$deb" | tar t | grep -v '/$' | sort >"$work/files"
diff - "$work/files" <<'FILES' || fail "These are not the files that the package should bring."
./usr/bin/meshzero
./usr/lib/systemd/system/meshzero.service
./usr/share/bash-completion/completions/meshzero
./usr/share/doc/meshzero/changelog.Debian.gz
./usr/share/doc/meshzero/changelog.gz
./usr/share/doc/meshzero/copyright
./usr/share/fish/vendor_completions.d/meshzero.fish
./usr/share/lintian/overrides/meshzero
./usr/share/zsh/vendor-completions/_meshzero
FILES
modes="$(dpkg-deb --contents "$deb" | cut -d ' ' -f 1 | sort -u | paste -sd ' ')"
[ "$modes" = "-rw-r--r-- -rwxr-xr-x drwxr-xr-x" ] || fail "Not everybody may use what the package brings: $modes"
depends="$(dpkg-deb --field "$deb" Depends)"
for package in libc6 libsqlite3-0 libavahi-client3; do
  grep -qE "(^|, )$package" <<<"$depends" || fail "The package does not depend on $package but on: $depends"
done
[ "$(dpkg-deb --field "$deb" Recommends)" = avahi-daemon ] || fail "The package does not recommend avahi-daemon."
# Two files say which version this is.
said="$(dpkg-parsechangelog --file "$source_dir/config/debian/changelog" --show-field Version)"
[ "$(dpkg-deb --field "$deb" Version)" = "$said" ] || fail "config/debian/changelog speaks of version $said."

# A system with the packages of this one, so that dependencies count, and with a systemd that seems to run.
image="$work/image"
mkdir -p "$image"/{run/systemd/system,etc/systemd/system,var/lib/dpkg/{info,updates,triggers}} "$work/bin"
awk 'BEGIN { RS = ""; ORS = "\n\n" } !/^Package: meshzero\n/' /var/lib/dpkg/status >"$image/var/lib/dpkg/status"
cat >"$work/bin/systemctl" <<SYSTEMCTL
#!/bin/sh
# Files of the image are the real one's business.
case "\$*" in
  *--root=$image*) exec $(command -v systemctl) "\$@" ;;
  *) echo "\$*" >>$work/told ;;
esac
SYSTEMCTL
chmod +x "$work/bin/systemctl"

debian() { # debian WORDS...: dpkg, in the image
  PATH="$work/bin:$PATH" dpkg --root="$image" --log="$work/dpkg.log" --force-not-root --force-script-chrootless \
    --path-include='/usr/*' "$@" >"$work/said" 2>&1 || fail "dpkg $* failed:" "$(cat "$work/said")"
}
told() { # told WANTED: what systemctl was told since the last time, with ; between
  local got
  got="$(paste -sd ';' "$work/told" 2>/dev/null || true)"
  rm -f "$work/told"
  [ "$got" = "$1" ] || fail "systemctl was told \"$got\" instead of \"$1\"."
}
everything() { (cd "$image" && find . -path ./var/lib/dpkg -prune -o -print | sort); }
everything >"$work/before"

debian --install "$deb"
told "daemon-reload"
debian --verify meshzero
[ ! -s "$work/said" ] || fail "What is installed is not what was packed:" "$(cat "$work/said")"
meshzero="$image/usr/bin/meshzero"
"$meshzero" --version >"$work/version"
grep -qF "${said%-*}" "$work/version" || fail "The program does not say ${said%-*} but: $(cat "$work/version")"
! readelf --sections "$meshzero" | grep -q '\.symtab' || fail "The program is not stripped."
for shell in bash:bash-completion/completions/meshzero zsh:zsh/vendor-completions/_meshzero \
  fish:fish/vendor_completions.d/meshzero.fish; do
  "$meshzero" completion "${shell%%:*}" | cmp - "$image/usr/share/${shell#*:}"
done
gzip -dc "$image/usr/share/doc/meshzero/changelog.gz" | cmp - "$source_dir/CHANGELOG.md"

# The unit is the template, and systemd has nothing to say of it, except that it is too old for two keys that it explains.
unit="$image/usr/lib/systemd/system/meshzero.service"
sed 's,@PROGRAM@,/usr/bin/meshzero,' "$source_dir/config/service/meshzero.service" | cmp - "$unit"
sed "s,^ExecStart=/usr/bin/meshzero ,ExecStart=$meshzero ," "$unit" >"$work/meshzero.service"
systemd-analyze verify "$work/meshzero.service" 2>"$work/said" || fail "$(cat "$work/said")"
! grep -vE "Unknown key( name)? '(RestartSteps|RestartMaxDelaySec)'" "$work/said" || fail "systemd says that of the unit."

service() { "$meshzero" service status --root "$image" --json; }
link="$image/etc/systemd/system/multi-user.target.wants/meshzero.service"
[ ! -L "$link" ] || fail "The package enabled its service unasked."
grep -q '"packaged": true' <<<"$(service)" || fail "The program does not see that the unit is the package's."
systemctl --quiet --root="$image" enable meshzero.service
grep -q '"enabled": true' <<<"$(service)" || fail "The service cannot be enabled:" "$(service)"

# What the service would have left: data, and systemd's link to them.
data="$image/var/lib/private/meshzero"
leave_data() {
  mkdir -p "$data/objects"
  ln -s private/meshzero "$image/var/lib/meshzero"
}
leave_data
echo '{}' >"$data/meshzero-data.json"

debian --install "$deb" # over itself, as an upgrade
told "daemon-reload;try-restart meshzero.service"
[ -L "$link" ] || fail "An upgrade disabled the service."

debian --remove meshzero
told "stop meshzero.service;daemon-reload"
[ ! -L "$link" ] || fail "The link of the service outlived it."
[ ! -e "$meshzero" ] || fail "The program is still there."
[ -e "$data/objects" ] || fail "Removing the package deleted the games."
debian --purge meshzero
told ""
rmdir "$image/var/lib/private"
everything | diff "$work/before" - || fail "This is left of the package."

# A service that `meshzero service install` set up for another program, and a folder that no node made, are somebody else's.
debian --install "$deb"
told "daemon-reload"
foreign="$image/etc/systemd/system/meshzero.service"
printf '[Service]\nExecStart=/usr/local/bin/meshzero up --foreground\n' >"$foreign"
leave_data
echo '{}' >"$data/meshzero-data.json"
debian --remove meshzero
told "daemon-reload"
debian --purge meshzero
[ -e "$data/objects" ] || fail "Purging the package deleted the data of another service."
rm "$foreign" "$data/meshzero-data.json"
debian --install "$deb"
debian --purge meshzero
[ -e "$data/objects" ] || fail "Purging the package deleted a folder without the mark of a node."
