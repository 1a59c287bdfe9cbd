#!/bin/bash
# The Debian packages, in a clean Debian 12 that systemd has booted: installed, used, upgraded with the documents of the version
# before and with those of the first layout on disk, killed, removed, installed again and purged. The sandbox of the unit is tried
# from inside.
. "$(dirname "$0")/lib.sh"

names=$(dpkg-deb -f "$packages/syncline_${version}_amd64.deb" Depends | tr ',' '\n' | sed 's/ *(.*//; s/^ *//; s/|.*//' | sort -u | tr '\n' ' ')
clean_root booted systemd systemd-sysv dbus curl ca-certificates libfmt-dev $names

step "lintian"
lintian --fail-on error "$packages"/*_"${version}"_amd64.deb >"$work/lintian.log" 2>&1 || { cat "$work/lintian.log"; die "lintian"; }

mkdir -p "$root/debs"
cp "$packages"/*_"${version}"_amd64.deb "$root/debs/"
before=0.0.9
SYNCLINE_PACKAGE_VERSION=$before SYNCLINE_PACKAGES=$root/debs "$repository/scripts/package.sh" deb >/dev/null
tar -xzf "$repository/tests/e2e/old/data-dir-1.tar.gz" -C "$root/debs"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=docs.example \
  -addext subjectAltName=DNS:docs.example -keyout "$root/debs/key.pem" -out "$root/debs/cert.pem" 2>/dev/null
cp "$repository/packaging/tests/deb_in_root.sh" "$root/debs/"
printf '%s\n%s\n' "$before" "$version" >"$root/debs/versions"
cat >"$root/etc/systemd/system/packages-test.service" <<'UNIT'
[Unit]
After=multi-user.target network.target
[Service]
Type=oneshot
ExecStart=/bin/bash /debs/deb_in_root.sh
ExecStopPost=/bin/systemctl poweroff
StandardOutput=file:/debs/log
StandardError=inherit
TimeoutStartSec=240
UNIT
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -sf ../packages-test.service "$root/etc/systemd/system/multi-user.target.wants/"

timeout 300 systemd-nspawn --quiet --directory="$root" --boot --register=no --keep-unit --private-network --machine="syncline-$$" \
  >"$work/boot.log" 2>&1 || true
grep -a '^  ' "$root/debs/log" || true
[ "$(tail -n 1 "$root/debs/log")" = "all done" ] || { tail -n 40 "$root/debs/log" "$work/boot.log"; die "the packages"; }

step "libsyncline from the packages: a program of a stranger, static and shared"
rm -rf "$work/library"
mkdir "$work/library"
for package in libsyncline0 libsyncline-dev; do dpkg-deb -x "$packages/${package}_${version}_amd64.deb" "$work/library"; done
cmake -S "$repository/tests/package/consumer" -B "$work/library/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/library/usr" -DWANTED_VERSION="$version" >/dev/null
cmake --build "$work/library/build" >/dev/null
for program in consumer consumer_shared; do
  [ "$("$work/library/build/$program")" = "syncline $version" ] || die "$program"
done
