#!/bin/sh
# bench.sh [quick]: runs every benchmark of build/bench, one after the other; BENCH_ARGS goes to each. Then compares the
# document engine with the published ones, for BENCH_SECONDS (1980), and writes docs/benchmarks.md. `quick` takes a choice
# of the cases and less time (150 s), and leaves docs/ alone. Recorded traces come from SYNCLINE_TRACES_FOLDER
# (../shared/traces); without them their cases are left out. BENCH_PEERS=0 leaves the comparison out, BENCH_PARTS=0 the
# rest. Ends by itself: in less than 40 minutes, or 6.
set -eu
cd "$(dirname "$0")/.."
traces=${SYNCLINE_TRACES_FOLDER:-../shared/traces}
output=docs/benchmarks.md
parts_seconds=240
if [ "${1:-}" = quick ]; then
  export SYNCLINE_HOSTILE_MAX="${SYNCLINE_HOSTILE_MAX:-100000}"
  export BENCH_QUICK=1 BENCH_SECONDS="${BENCH_SECONDS:-150}" BENCH_LIMIT_SECONDS="${BENCH_LIMIT_SECONDS:-2}"
  BENCH_ARGS=${BENCH_ARGS:---benchmark_min_time=0.05}
  output=build/bench/benchmarks.md
  parts_seconds=90
fi
export BENCH_SECONDS="${BENCH_SECONDS:-1980}"
if [ -d "$traces/sequential_traces" ]; then
  export SYNCLINE_TRACES_FOLDER="$traces"
else
  unset SYNCLINE_TRACES_FOLDER
  echo "no recorded traces in $traces: their cases are left out" >&2
fi

[ "${BENCH_PARTS:-1}" = 0 ] || for bench in build/bench/bench/*_bench; do
  [ -x "$bench" ] || { echo "no benchmarks" >&2; exit 1; }
  # Measured by the comparisons below.
  case $(basename "$bench") in crdt_peer_bench | cedar_peer_bench) continue ;; esac
  echo "== $(basename "$bench")"
  status=0
  timeout "$parts_seconds" "$bench" ${BENCH_ARGS:-} || status=$?
  [ $status -ne 124 ] || echo "stopped after $parts_seconds s" >&2
  [ $status -eq 0 ] || [ $status -eq 124 ]
done

[ "${BENCH_PEERS:-1}" != 0 ] || exit 0
echo "== comparison with other engines"
scripts/npm-install.sh bench/peers
node bench/peers/cedar.mjs build/bench/bench/cedar_peer_bench
node bench/peers/run.mjs build/bench/bench/crdt_peer_bench "$traces" "$output"
