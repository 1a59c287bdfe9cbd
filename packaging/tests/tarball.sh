#!/bin/bash
# The tarball, in a root that has glibc and a shell, and none of our libraries: it serves, and it trusts the authorities of a
# distribution that keeps their certificates elsewhere than Debian.
. "$(dirname "$0")/lib.sh"
clean_root bare coreutils
name=syncline-$version-linux-x86_64
rm -rf "$root"/usr/lib/x86_64-linux-gnu/{libstdc++,libssl,libcrypto,libzstd,libz,libbz2,liblz4}*
tar -xzf "$packages/$name.tar.gz" -C "$root/usr/local" --strip-components=1

needed=$(objdump -p "$root/usr/local/bin/syncline" | sed -n 's/.*NEEDED *//p' | sort | tr '\n' ' ')
[ "$needed" = "ld-linux-x86-64.so.2 libc.so.6 libm.so.6 " ] || [ "$needed" = "libc.so.6 libm.so.6 " ] || die "it needs $needed"
newest=$(objdump -T "$root/usr/local/bin/syncline" | grep -o 'GLIBC_[0-9.]*' | sort -Vu | tail -n 1)
[ "$(printf '%s\n' "$newest" GLIBC_2.36 | sort -V | tail -n 1)" = GLIBC_2.36 ] || die "it needs $newest"
step "it needs $needed, and $newest"
strings "$root/usr/local/bin/syncline" | grep -F "$repository" >/dev/null && die "a path of this machine is in it"

in_root syncline --version | grep -qx "syncline $version" || die "it does not run"
for file in README LICENSE share/man/man1/syncline.1 share/syncline/licences/librocksdb-dev share/syncline/licences/npm-yjs \
  share/syncline/monitoring/rules.yml share/syncline/nginx/syncline.conf lib/systemd/system/syncline.service; do
  [ -s "$root/usr/local/$file" ] || die "there is no $file"
done
grep -q '^ExecStart=/usr/local/bin/syncline ' "$root/usr/local/lib/systemd/system/syncline.service" || die "the unit starts another program"

step "it serves, asks an application over https, and ends in order"
mkdir -p "$root/etc/pki/tls/certs"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
  -keyout "$work/app.key" -out "$work/app.pem" 2>/dev/null
rm -rf "$root"/usr/lib/ssl "$root"/etc/ssl
cp "$work/app.pem" "$root/etc/pki/tls/certs/ca-bundle.crt"
export repository root work version
export -f in_root start_in_root until_true die
unshare --net --mount --pid --fork --kill-child bash -c '
set -euo pipefail
mount -t proc proc /proc
ip link set lo up
node -e "
  const fs = require(\"fs\");
  require(\"https\").createServer({ key: fs.readFileSync(process.argv[1]), cert: fs.readFileSync(process.argv[2]) }, (request, answer) => {
    request.resume();
    answer.setHeader(\"Content-Type\", \"application/json\");
    answer.end(JSON.stringify({ id: \"ann\", rights: \"write\" }));
  }).listen(8443, \"127.0.0.1\");" "$work/app.key" "$work/app.pem" &
start_in_root env SYNCLINE_AUTH_WEBHOOK_SECRET=0123456789abcdef0123456789abcdef syncline serve --data-dir /data --auth-webhook https://localhost:8443/ >"$work/tarball.log" 2>&1 &
until_true 20 curl -sf http://127.0.0.1:4400/healthz || { cat "$work/tarball.log"; die "it does not serve"; }
curl -s http://127.0.0.1:4400/v1/me -H "Authorization: Bearer of-the-application" | tee "$work/me.log" | grep -q ann || { cat "$work/me.log" "$work/tarball.log"; die "the application was not asked"; }
'
