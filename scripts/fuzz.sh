#!/bin/bash
# fuzz.sh <seconds>: runs every fuzzer of build/asan that long, starting from fuzz/corpus/<name>/ where there is one.
# What it finds is left in build/asan/found/. Prints `fuzz <name>: ok|FAILED` for each; fails if one failed.
set -u
cd "$(dirname "$0")/.." || exit 1
seconds=$1
found=build/asan/found
mkdir -p $found
export ASAN_OPTIONS=${ASAN_OPTIONS-detect_leaks=1} UBSAN_OPTIONS=${UBSAN_OPTIONS-print_stacktrace=1}
status=0

one() {
  local name=$1 work
  # The fuzzer grows its first folder; the corpus in the repository is only read.
  work=build/asan/corpus/$name
  mkdir -p "$work"
  local corpora=("$work")
  [ -d "fuzz/corpus/${name%_fuzz}" ] && corpora+=("fuzz/corpus/${name%_fuzz}")
  [ -d "fuzz/corpus/$name" ] && corpora+=("fuzz/corpus/$name")
  if build/asan/fuzz/"$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=0 \
      -artifact_prefix=$found/"$name"- "${corpora[@]}" >$found/"$name".log 2>&1; then
    echo "fuzz $name: ok"
  else
    tail -n 40 $found/"$name".log
    echo "fuzz $name: FAILED (input in $found/)"
    return 1
  fi
}

running=0
for source in fuzz/*_fuzz.cpp; do
  [ -e "$source" ] || continue
  one "$(basename "$source" .cpp)" &
  running=$((running + 1))
  if [ $running -ge "$(nproc)" ]; then
    wait -n || status=1
    running=$((running - 1))
  fi
done
while [ $running -gt 0 ]; do
  wait -n || status=1
  running=$((running - 1))
done
exit $status
