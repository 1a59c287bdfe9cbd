#!/bin/bash
# soak.sh <minutes>: half the time fuzzing, half repeating the unit tests under ASan in random order; then, once, the
# unit tests in the release and the tests of the command line under TSan, and every suite's own
# tests/<suite>/soak.sh <minutes> where it has one. Stops at the first failure.
set -eu
cd "$(dirname "$0")/.."
exec </dev/null
minutes=$1

scripts/build.sh asan unit_tests fuzzers
count=$(find fuzz -name '*_fuzz.cpp' | wc -l)
rounds=$(((count + $(nproc) - 1) / $(nproc)))
if [ "$rounds" -gt 0 ]; then scripts/fuzz.sh $((minutes * 30 / rounds + 1)); fi

end=$((SECONDS + minutes * 30))
while [ $SECONDS -lt $end ]; do
  for test in build/asan/tests/test_*; do
    "$test" --gtest_shuffle --gtest_brief=1
  done
done

scripts/build.sh release all unit_tests
ctest --preset release --no-tests=error -j"$(nproc)" -L '^(unit|threads)$'
scripts/build.sh tsan test_cli
ctest --preset tsan --no-tests=error -j"$(nproc)" -R '^cli\.'

for suite in tests/*/soak.sh; do
  if [ -x "$suite" ]; then "$suite" "$minutes"; fi
done
echo "soak: no failure in $minutes minutes"
