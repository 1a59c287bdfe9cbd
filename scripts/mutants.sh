#!/bin/bash
# mutants.sh [--record] [NAME...]: proves that the simulator bites. Builds the preset `mutants` and switches on one bug
# of src/base/mutation.h after the other; each must be found within its number of seeds (MAX_RUNS, 300 by default).
# JOBS seeds run at once (one per core by default). SYNCLINE_BINARY names a program that is built already.
#
# --record writes what was found to tests/sim/mutants.txt, whose seeds tests/sim/mutants_test.cpp replays: of the first
# few seeds that find a bug, the one with the shortest run.
set -u
cd "$(dirname "$0")/.." || exit 1
exec </dev/null
max=${MAX_RUNS:-300}
jobs=${JOBS:-$(nproc)}
file=tests/sim/mutants.txt
candidates=${CANDIDATES:-3}
record=
if [ "${1:-}" = --record ]; then
  record=1
  shift
fi
binary=${SYNCLINE_BINARY:-build/mutants/syncline}
[ -n "${SYNCLINE_BINARY:-}" ] || scripts/build.sh mutants syncline >/dev/null || exit 1
mapfile -t all < <(sed -n 's/^ *X(\([a-z_]*\)) .*/\1/p' src/base/mutation.h)
names=("$@")
[ ${#names[@]} -eq 0 ] && names=("${all[@]}")

sim() { timeout 900 "$binary" sim --repeat-every 0 --no-shrink "$@" 2>&1; }

# first NAME SEED RUNS: "seed invariant" of the first run that breaks something, of RUNS from SEED on.
first() {
  sim --seed "$2" --runs "$3" --jobs "$jobs" --mutation "$1" |
    sed -n 's/^seed \([0-9]*\) breaks \([^:]*\):.*/\1 \2/p' | sort -n | head -n 1
}

# events NAME SEED: how long that run is.
events() {
  sim --seed "$2" --mutation "$1" --json | sed -n 's/.*"events": *\([0-9]*\).*/\1/p' | head -n 1
}

# record NAME SEED INVARIANT: the shortest run of the first few that find it. A run that ends its process is taken only
# if no other finds it.
record() {
  local name=$1 seed=$2 invariant=$3 best= what= least= size
  for ((i = 0; i < candidates; i++)); do
    size=$(events "$name" "$seed")
    case $invariant in I16*) size=999999999 ;; esac
    if [ -z "$best" ] || [ "${size:-999999999}" -lt "$least" ]; then best=$seed what=$invariant least=${size:-999999999}; fi
    [ "$((i + 1))" -lt "$candidates" ] || break
    read -r seed invariant <<<"$(first "$name" $((seed + 1)) $((max - seed)))"
    [ -z "$seed" ] && break
  done
  sed -i "/^$name /d" "$file"
  echo "$name $best $what" >>"$file"
}

missed=0
for name in "${names[@]}"; do
  found=$(first "$name" 1 "$max")
  if [ -n "$found" ]; then
    read -r seed invariant <<<"$found"
    echo "$name: found by seed $seed: $invariant"
    [ -n "$record" ] && record "$name" "$seed" "$invariant"
  else
    echo "$name: NOT FOUND in $max seeds"
    missed=$((missed + 1))
  fi
done
if [ -n "$record" ]; then # in the order of the list
  sorted=$(for name in "${all[@]}"; do grep "^$name " "$file"; done)
  { grep '^#' "$file"; echo "$sorted"; } >"$file.new" && mv "$file.new" "$file"
fi
echo "${#names[@]} mutants, $missed not found"
[ $missed -eq 0 ]
