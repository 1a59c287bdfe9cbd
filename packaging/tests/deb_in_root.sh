#!/bin/bash
# Runs as a service of the booted root (deb.sh).
set -euo pipefail
export LC_ALL=C DEBIAN_FRONTEND=noninteractive HOME=/root
cd /debs
{ read -r before; read -r version; } <versions
url=http://127.0.0.1:4400
lib=/var/lib/private/syncline

trap 'echo "FAILED at line $LINENO: $BASH_COMMAND"; systemctl status syncline --no-pager -l || true; journalctl -u syncline -n 30 --no-pager || true' ERR
step() { echo "  $*"; }
fails() { if "$@" >/dev/null 2>&1; then echo "should fail: $*"; false; fi; }
pid() { systemctl show -p MainPID --value syncline; }
ask() { curl -sf -H "Authorization: Bearer $(cat /etc/syncline/token)" "$@"; }
put() { ask -X PUT "$url/v1/workspaces/$1?root=content" -H 'Content-Type: text/plain' -d "$2" >/dev/null; }
holds() { [ "$(ask "$url/v1/workspaces/$1?as=text")" = "$2" ] || { echo "$1 holds: $(ask "$url/v1/workspaces/$1?as=text")"; false; }; }
await() { for _ in $(seq 100); do if "$@" >/dev/null 2>&1; then return 0; fi; sleep 0.1; done; "$@"; }
files() { find /etc /usr /opt /var /lib -xdev \( -path /var/lib/dpkg -o -path /var/log -o -path /var/cache -o -path '/var/lib/systemd' -o -path '/var/tmp' -o -path /var/lib/private \) -prune -o -print | sort; }

files >files.before

step "install $before: the service runs, and nobody gets in without the token that the package made"
dpkg -i syncline_"$before"_amd64.deb
systemctl is-active -q syncline
systemctl is-enabled -q syncline
[ "$(stat -c '%a %U' /etc/syncline/token)" = "600 root" ]
[ "$(wc -c </etc/syncline/token)" -ge 30 ]
curl -sf "$url/readyz" >/dev/null  # at once: a unit of Type=notify is started when it answers
[ "$(curl -s -o /dev/null -w '%{http_code}' "$url/v1/workspaces")" = 401 ]
put team/objects/notes/plan 'written by the version before'
holds team/objects/notes/plan 'written by the version before'
syncline --version | grep -q '^syncline '
man -w syncline >/dev/null 2>&1 || [ -s /usr/share/man/man1/syncline.1.gz ]

step "the sandbox: no root, no capabilities, filtered system calls, and only its own directory can be written"
status() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$(pid)/status"; }
[ "$(status Uid | cut -f1)" != 0 ]
[ "$(status CapEff)" = 0000000000000000 ]
[ "$(status CapBnd)" = 0000000000000000 ]
[ "$(status NoNewPrivs)" = 1 ]
[ "$(status Seccomp)" = 2 ]
inside() { nsenter -t "$(pid)" -m -- "$@"; }
for path in /usr/x /etc/x /var/x /boot/x /var/lib/x; do fails inside touch "$path"; done
inside touch "$lib/data/x"
rm "$lib/data/x"
fails inside ls /home/x /root/.bashrc
[ "$(inside ls /dev | grep -cE '^(sd|vd|nvme|kmsg|mem)' || true)" = 0 ]
[ "$(stat -c %a "$lib")" = 700 ]
# As that user, in the namespaces of the service: neither the token's file nor other users' processes are there.
fails nsenter -t "$(pid)" -m -- setpriv --reuid="$(status Uid | cut -f1)" --clear-groups cat /etc/syncline/token
systemd-analyze security syncline --no-pager | tail -n 1
systemd-analyze security --threshold=20 syncline --no-pager >/dev/null

step "settings: a wrong one stops the start with its reason, and does not loop"
cp /etc/syncline/syncline.toml saved.toml
echo 'prot = 1' >>/etc/syncline/syncline.toml
fails systemctl restart syncline
await systemctl is-failed -q syncline
journalctl -u syncline --no-pager | grep -q "'prot' is no option"
cp saved.toml /etc/syncline/syncline.toml
echo '# changed here' >>/etc/syncline/syncline.toml
systemctl reset-failed syncline
systemctl restart syncline

step "kill -9: the server is started again, with everything that it acknowledged"
old=$(pid)
kill -9 "$old"
await sh -c "[ \"\$(systemctl show -p MainPID --value syncline)\" != $old ] && systemctl is-active -q syncline"
holds team/objects/notes/plan 'written by the version before'

step "TLS by the server itself, on port 443, with a key that only root can read (docs/deploy.md)"
mkdir -p /etc/letsencrypt/live/docs.example /etc/systemd/system/syncline.service.d
cp cert.pem /etc/letsencrypt/live/docs.example/fullchain.pem
install -m 0600 key.pem /etc/letsencrypt/live/docs.example/privkey.pem
cat >/etc/systemd/system/syncline.service.d/override.conf <<'UNIT'
[Service]
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
PrivateUsers=no
LoadCredential=cert:/etc/letsencrypt/live/docs.example/fullchain.pem
LoadCredential=key:/etc/letsencrypt/live/docs.example/privkey.pem
UNIT
cp /etc/syncline/syncline.toml saved.toml
cat >/etc/syncline/syncline.toml <<'TOML'
[serve]
address = "::"
port = 443
allow-host = ["docs.example"]
metrics-listen = "127.0.0.1:9464"
tls-cert = "/run/credentials/syncline.service/cert"
tls-key = "/run/credentials/syncline.service/key"
TOML
systemctl daemon-reload
systemctl restart syncline
curl -sf --cacert cert.pem --resolve docs.example:443:127.0.0.1 https://docs.example/readyz >/dev/null
curl -sf http://127.0.0.1:9464/metrics | grep -q '^syncline_build_info'
rm -r /etc/systemd/system/syncline.service.d /etc/letsencrypt
cp saved.toml /etc/syncline/syncline.toml
systemctl daemon-reload
systemctl restart syncline

step "upgrade to $version: the documents, the settings and the token stay"
token=$(cat /etc/syncline/token)
old=$(pid)
dpkg -i --force-confdef --force-confold syncline_"$version"_amd64.deb
systemctl is-active -q syncline
[ "$(pid)" != "$old" ]
[ "$(cat /etc/syncline/token)" = "$token" ]
grep -q '# changed here' /etc/syncline/syncline.toml
holds team/objects/notes/plan 'written by the version before'
put team/objects/notes/plan 'and changed by this one'

step "back to $before, which reads it"
dpkg -i --force-confdef --force-confold syncline_"$before"_amd64.deb
holds team/objects/notes/plan 'and changed by this one'
dpkg -i --force-confdef --force-confold syncline_"$version"_amd64.deb

step "backup, and a restore in another place"
export SYNCLINE_TOKEN=$token
syncline backup create nightly --server "$url"
syncline backup check "$lib/backups/nightly"
syncline backup restore "$lib/backups/nightly" --data-dir /debs/restored
syncline log verify --data-dir /debs/restored
[ "$(syncline cat team/notes/plan --data-dir /debs/restored | tr -d ' \n')" = '{"content":"andchangedbythisone"}' ]

step "the documents of the first layout on disk"
systemctl stop syncline
mv "$lib/data" "$lib/data.new"
cp -a "$lib/data.new" "$lib/data"
rm -r "$lib/data/log"  # the keys stay: those of the old log were not kept
cp -r /debs/data/log "$lib/data/log"
chown -R --reference="$lib" "$lib/data"
systemctl start syncline
holds team/objects/big "$(ask "$url/v1/workspaces/team/objects/big?as=text")"
[ "$(ask "$url/v1/workspaces/team/objects/big?as=text" | wc -c)" -ge 120000 ]
put team/objects/new 'goes on'
systemctl stop syncline
rm -r "$lib/data"
mv "$lib/data.new" "$lib/data"
systemctl start syncline

step "remove: the server stops, settings and documents stay; a new installation goes on"
dpkg -r syncline
fails systemctl is-active -q syncline
fails test -e /usr/bin/syncline
test -e /etc/syncline/syncline.toml
dpkg -i --force-confdef --force-confold syncline_"$version"_amd64.deb
holds team/objects/notes/plan 'and changed by this one'

step "purge: settings and token go, documents stay, and nothing else is left"
dpkg -P syncline | grep -q 'documents are still in'
fails test -e /etc/syncline
test -d "$lib/data"
rm -rf "$lib" /var/lib/syncline
files >files.after
diff files.before files.after

step "the library and its headers, and back"
dpkg -i libsyncline0_"$version"_amd64.deb libsyncline-dev_"$version"_amd64.deb
ldconfig -p | grep -q libsyncline.so.0
dpkg -P libsyncline-dev libsyncline0
files >files.after
diff files.before files.after
echo "all done"
