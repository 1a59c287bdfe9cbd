#!/bin/sh
# Runs every benchmark of build/bench, one after the other. BENCH_ARGS goes to each.
set -eu
cd "$(dirname "$0")/.."
for bench in build/bench/bench/*_bench; do
  [ -x "$bench" ] || { echo "no benchmarks" >&2; exit 1; }
  echo "== $(basename "$bench")"
  "$bench" ${BENCH_ARGS:-}
done
