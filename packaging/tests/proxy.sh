#!/bin/bash
# nginx and Caddy, Debian's, in front of a server, with the configurations of packaging/: at a host name of its own and
# below a path, with TLS. Published clients, the page in a browser, events, files and streams go through them. All of it is in
# a network of its own, where docs.example and www.example are this machine.
. "$(dirname "$0")/lib.sh"
binary=${SYNCLINE_BINARY:-$repository/build/package/portable/syncline}
clean_root proxies nginx caddy ca-certificates

mkdir -p "$root/etc/ssl/docs.example" "$root/etc/ssl/www.example"
for name in docs.example www.example; do
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$name" \
    -addext "subjectAltName=DNS:$name" -keyout "$root/etc/ssl/$name/key.pem" -out "$root/etc/ssl/$name/fullchain.pem" 2>/dev/null
done
cat "$root"/etc/ssl/*.example/fullchain.pem >"$work/proxies-ca.pem"
rm -f "$root/etc/nginx/sites-enabled/default"
cp "$repository/packaging/nginx/syncline-proxy.conf" "$root/etc/nginx/"
printf '127.0.0.1 localhost docs.example www.example\n' >"$work/proxies-hosts"
cp "$work/proxies-hosts" "$root/etc/hosts"
{ printf '{\n\tlocal_certs\n\tskip_install_trust\n}\n'; cat "$repository/packaging/caddy/Caddyfile"; } >"$root/etc/caddy/Caddyfile"

export repository binary root work
export -f in_root start_in_root until_true die step
unshare --net --mount --pid --fork --kill-child bash -c '
set -euo pipefail
mount -t proc proc /proc
ip link set lo up
# A browser believes that it is offline if there is nothing but the loopback.
ip link add outside type veth peer name inside
ip address add 192.0.2.1/24 dev outside
ip link set outside up
ip link set inside up
mount --bind "$work/proxies-hosts" /etc/hosts
data=$(mktemp -d)
trap "rm -rf $data" EXIT
SYNCLINE_TOKEN=secret-8f41c2 "$binary" serve --data-dir "$data" --allow-host docs.example --allow-host www.example \
  --rate-address-factor 0 --rate-requests 0 --rate-connections 0 --max-connections-per-address 0 >/dev/null 2>"$work/proxies-server.log" &
until_true 20 curl -sf http://127.0.0.1:4400/healthz || die "the server does not start"

through() {  # through NAME URL CA: the tests of clients
  SYNCLINE_PROXIED=$2 NODE_EXTRA_CA_CERTS=$3 timeout 120 node --test "$repository/tests/e2e/proxied/proxied.mjs" >"$work/proxied.log" 2>&1 ||
    { cat "$work/proxied.log"; die "through $1: $2"; }
  step "$1, $2: $(sed -n "s/^# pass //p" "$work/proxied.log") tests passed"
}

for configuration in syncline.conf=https://docs.example syncline-base-path.conf=https://www.example/docs; do
  rm -f "$root"/etc/nginx/conf.d/*
  cp "$repository/packaging/nginx/${configuration%%=*}" "$root/etc/nginx/conf.d/"
  in_root nginx -q -t || die "nginx does not take ${configuration%%=*}"
  start_in_root nginx -g "daemon off;" >"$work/nginx.log" 2>&1 &
  proxy=$!
  url=${configuration#*=}
  until_true 10 curl -sf --cacert "$work/proxies-ca.pem" "$url/healthz" || { cat "$work/nginx.log"; die "nginx does not answer at $url"; }
  through nginx "$url" "$work/proxies-ca.pem"
  ! grep -q secret-8f41c2 "$root/var/log/nginx/syncline.log" || die "the log of nginx has a token"
  kill -KILL "$proxy"
  wait "$proxy" 2>/dev/null || true
  until_true 10 bash -c "! curl -s --max-time 1 http://docs.example/" || die "nginx does not end"
done

in_root env HOME=/root caddy validate --config /etc/caddy/Caddyfile >/dev/null 2>"$work/caddy.log" || { cat "$work/caddy.log"; die "Caddy does not take its configuration"; }
start_in_root env HOME=/root caddy run --config /etc/caddy/Caddyfile >"$work/caddy.log" 2>&1 &
authority=$root/root/.local/share/caddy/pki/authorities/local/root.crt
until_true 20 curl -sf --cacert "$authority" https://www.example/docs/healthz || { cat "$work/caddy.log"; die "Caddy does not answer"; }
through Caddy https://docs.example "$authority"
through Caddy https://www.example/docs "$authority"
'
