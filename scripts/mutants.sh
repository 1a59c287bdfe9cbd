#!/bin/bash
# mutants.sh [NAME...]: proves that the simulator bites. Builds the preset `mutants` and switches on one bug of
# src/base/mutation.h after the other; each must be found within its number of seeds (MAX_RUNS, 300 by default).
set -u
cd "$(dirname "$0")/.." || exit 1
exec </dev/null
max=${MAX_RUNS:-300}
scripts/build.sh mutants syncline >/dev/null || exit 1
names=("$@")
if [ ${#names[@]} -eq 0 ]; then
  mapfile -t names < <(sed -n 's/^ *X(\([a-z_]*\)) .*/\1/p' src/base/mutation.h)
fi
missed=0
for name in "${names[@]}"; do
  out=$(timeout 900 build/mutants/syncline sim --seed 1 --runs "$max" --jobs "$(nproc)" --repeat-every 0 --no-shrink \
    --mutation "$name" 2>&1)
  if [ $? -eq 1 ]; then
    runs=$(sed -n 's/^\([0-9]*\) runs\?, .*/\1/p' <<<"$out")
    echo "$name: found after $runs runs: $(sed -n 's/^seed [0-9]* breaks \([^:]*\):.*/\1/p' <<<"$out" | head -n 1)"
  else
    echo "$name: NOT FOUND in $max seeds"
    missed=$((missed + 1))
  fi
done
echo "${#names[@]} mutants, $missed not found"
[ $missed -eq 0 ]
