#!/bin/bash
# tenants.sh [SECONDS]: what a quiet tenant notices while another is at its limits, on this machine.
#
# Starts a server with two tenants. 20 clients of `quiet` make 50 changes a second; their latency is measured alone, beside
# 200 clients of `loud` that ask for 4,000 changes a second and may make 500, and beside the same without a quota.
set -eu
cd "$(dirname "$0")/.." || exit 1
binary=${SYNCLINE_BINARY:-build/release/syncline}
seconds=${1:-20}
dir=$(mktemp -d "${TMPDIR:-/tmp}/syncline-tenants-XXXXXX")
server=
end() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  wait
  rm -rf "$dir"
}
trap end EXIT

"$binary" serve --json --data-dir "$dir/data" --port 0 --log-level error >"$dir/out" &
server=$!
for _ in $(seq 100); do
  [ -s "$dir/out" ] && break
  sleep 0.1
done
url=$(sed -n 's/.*"url": *"\([^"]*\)".*/\1/p' "$dir/out")
[ -n "$url" ] || exit 1
ws=${url/http/ws}
for tenant in quiet loud; do "$binary" tenant create "$tenant" --server "$url" >/dev/null; done

quiet() {
  "$binary" bench --json --url "$ws/t/quiet" --clients 20 --documents 10 --rate 50 --seconds "$seconds" --seed 7 >"$dir/quiet"
  printf "%-44s %s\n" "$1" "$(tr -d "\n" <"$dir/quiet" | sed -n 's/.*"open_loop":.*"ack_us": *{\([^}]*\)}.*/\1/p')"
}
loud() {
  "$binary" bench --json --url "$ws/t/loud" --clients 200 --documents 100 --rate 4000 --seconds $((seconds + 10)) --seed 8 >/dev/null 2>&1 &
  loud=$!
  sleep 5
}

quiet 'alone'
"$binary" tenant set loud --max-events-per-second 500 --server "$url" >/dev/null
loud
quiet 'beside a tenant at its quota (500 events/s)'
wait "$loud" || true
"$binary" tenant set loud --max-events-per-second none --server "$url" >/dev/null
loud
quiet 'beside a tenant without a quota'
wait "$loud" || true
