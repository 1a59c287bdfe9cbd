#!/bin/sh
# Runs every benchmark of build/bench, one after the other; BENCH_ARGS goes to each. Then compares the document engine
# with the published ones, for BENCH_SECONDS (450), and writes docs/benchmarks.md; recorded traces come from
# SYNCLINE_TRACES_FOLDER (../shared/traces). BENCH_PEERS=0 leaves that out, BENCH_PARTS=0 the former.
set -eu
cd "$(dirname "$0")/.."
traces=${SYNCLINE_TRACES_FOLDER:-../shared/traces}
export SYNCLINE_TRACES_FOLDER="$traces"
[ "${BENCH_PARTS:-1}" = 0 ] || for bench in build/bench/bench/*_bench; do
  [ -x "$bench" ] || { echo "no benchmarks" >&2; exit 1; }
  # Measured by the comparison below.
  [ "$(basename "$bench")" != crdt_peer_bench ] || continue
  echo "== $(basename "$bench")"
  "$bench" ${BENCH_ARGS:-}
done

[ "${BENCH_PEERS:-1}" != 0 ] || exit 0
if [ ! -d "$traces/sequential_traces" ]; then
  echo "no recorded traces in $traces: nothing to compare with other engines" >&2
  exit 0
fi
echo "== comparison with other engines"
(cd bench/peers && npm ci --silent --no-audit --no-fund)
node bench/peers/run.mjs build/bench/bench/crdt_peer_bench "$traces" docs/benchmarks.md
