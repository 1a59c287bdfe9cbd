#!/bin/bash
# The alerts and the dashboard, by a real Prometheus that scrapes a real server with users: promtool reads the rules, each alert
# fires for the series that it is about, and each expression is evaluated on what was scraped.
. "$(dirname "$0")/lib.sh"
binary=${SYNCLINE_BINARY:-$repository/build/package/portable/syncline}
clean_root prometheus prometheus
cp "$repository"/packaging/monitoring/*.yml "$root/"

for check in "check rules /rules.yml" "check config /prometheus.yml" "test rules /rules_test.yml"; do
  in_root promtool $check >"$work/promtool.log" 2>&1 || { cat "$work/promtool.log"; die "promtool $check"; }
done
alerts=$(grep -c '^ *- alert:' "$repository/packaging/monitoring/rules.yml")
tested=$(grep -c '^    name: Syncline' "$repository/packaging/monitoring/rules_test.yml")
[ "$alerts" = "$tested" ] || die "$alerts alerts, of which $tested have a test"
step "promtool: $alerts alerts, each fires when it should, and none for a healthy server"

sed -i 's/15s/1s/' "$root/prometheus.yml"
export repository binary root work
export -f in_root start_in_root until_true die
unshare --net --mount --pid --fork --kill-child bash -c '
set -euo pipefail
mount -t proc proc /proc
ip link set lo up
data=$(mktemp -d)
trap "rm -rf $data" EXIT
"$binary" serve --data-dir "$data" --metrics-listen 127.0.0.1:9464 >/dev/null 2>&1 &
until_true 20 curl -sf http://127.0.0.1:9464/metrics || die "the server does not start"
start_in_root prometheus --config.file=/prometheus.yml --storage.tsdb.path=/tsdb --web.listen-address=127.0.0.1:9090 >"$work/prometheus.log" 2>&1 &
until_true 20 curl -sf http://127.0.0.1:9090/-/ready || { cat "$work/prometheus.log"; die "Prometheus does not start"; }
timeout 120 node "$repository/tests/e2e/proxied/monitored.mjs"
'
