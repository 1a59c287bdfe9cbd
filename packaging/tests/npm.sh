#!/bin/bash
# The npm package, in an empty folder: npx runs the server and its other commands, exit codes come through, and signals, too.
. "$(dirname "$0")/lib.sh"
archive=$packages/syncline-$version.tgz
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
cd "$home"
export npm_config_cache=$home/cache npm_config_update_notifier=false npm_config_offline=true HOME=$home

npx --yes --package="$archive" -- syncline --version | grep -qx "syncline $version" || die "npx syncline --version"
status=0
npx --yes --package="$archive" -- syncline serve --prot 1 >/dev/null 2>&1 || status=$?
[ "$status" = 2 ] || die "a wrong option ends with status $status"

npm init --yes >/dev/null
npm install --silent "$archive"
serve() { exec node node_modules/syncline/bin/syncline.js serve --port 0 --json --data-dir data; }
for signal in TERM INT KILL; do
  serve >out 2>err &
  until_true 20 grep -q '"listening"' out || { cat err; die "it does not serve"; }
  pid=$(sed -n 's/.*"pid":\([0-9]*\).*/\1/p' out)
  if [ "$signal" = KILL ]; then kill -KILL "$pid"; else kill -"$signal" %1; fi
  status=0
  wait %1 || status=$?
  kill -0 "$pid" 2>/dev/null && die "the server survives SIG$signal"
  case $signal in
    KILL) [ "$status" = 137 ] || die "after SIGKILL of the server: $status" ;;
    *) [ "$status" = 0 ] || die "after SIG$signal: $status"; grep -q '"stopped"' err || die "it did not drain" ;;
  esac
done
step "npx, installed, options, exit codes and signals"
