#!/bin/bash
# run.sh <with_yjs|canary> <syncline>: a run of `syncline chaos` that must pass, or one that must not.
set -u
what=$1 syncline=$2
e2e=$(cd "$(dirname "$0")/../e2e" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export TMPDIR=$scratch

fail() { cat "$scratch/out"; echo "$*"; exit 1; }
field() { grep -o "\"$1\":[^,}]*" "$scratch/out" | head -n 1 | cut -d: -f2; }

case $what in
  with_yjs)
    if [ ! -e "$e2e/node_modules/yjs" ]; then
      echo "left out: scripts/npm-install.sh tests/e2e"
      exit 77
    fi
    "$syncline" chaos --seed 2 --seconds 20 --settle 300 --with-yjs "$e2e" --json >"$scratch/out" 2>&1 ||
      fail "an invariant broke"
    # A run in which nothing happened shows nothing.
    [ "$(field kill)" -ge 1 ] || fail "nobody was killed"
    [ "$(field recoveries_checked)" -ge 1 ] || fail "no recovery was checked"
    [ "$(field acked)" -ge 100 ] || fail "hardly anything was acknowledged"
    [ "$(field acked_yjs)" -ge 10 ] || fail "hardly anything of the published clients was acknowledged"
    [ "$(field acked_hocuspocus)" -ge 10 ] || fail "hardly anything of the published Hocuspocus client was acknowledged"
    [ "$(field converged)" = true ] && [ "$(field log_sound)" = true ] || fail "not everything was checked" ;;
  canary)
    # A server whose disk forgets what it acknowledged: a check that does not see it is worth nothing.
    "$syncline" chaos --seed 2 --seconds 20 --canary >"$scratch/out" 2>&1
    [ $? -eq 1 ] || fail "the canary lives"
    grep -q '^seed 2 breaks I2 acked means durable: .*acknowledged.* is lost$' "$scratch/out" ||
      fail "something else broke"
    grep -q '  again: syncline chaos --seed 2 ' "$scratch/out" || fail "it does not say how to repeat it"
    grep -q ' kill of the server' "$scratch/out" || fail "the faults are not told" ;;
esac
