#!/bin/sh
# image-root.sh PROGRAM FOLDER: makes the root of the image (packaging/docker/Dockerfile) in FOLDER, from the portable binary
# PROGRAM and this machine's glibc: what it needs to run, and nothing else.
set -eu
program=$1
root=$2
mkdir -p "$root/usr/bin" "$root/usr/lib" "$root/usr/lib64" "$root/etc/ssl/certs" "$root/tmp" "$root/data"
ln -sfn usr/lib "$root/lib"
ln -sfn usr/lib64 "$root/lib64"
install -m 0755 "$program" "$root/usr/bin/syncline"
# The loader, libc and libm, where the loader looks for them. What resolves names is in libc.
ldd "$program" | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (.*/\1/p' | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  install -m 0755 "$(readlink -f "$library")" "$root$library"
done
install -m 0644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
echo 'syncline:x:10001:10001::/data:/usr/bin/syncline' >"$root/etc/passwd"
echo 'syncline:x:10001:' >"$root/etc/group"
chmod 1777 "$root/tmp"
chmod 0700 "$root/data"
# Who builds without root tests the root only.
chown 10001:10001 "$root/data" 2>/dev/null || true
