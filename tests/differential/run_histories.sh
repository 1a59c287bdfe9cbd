#!/usr/bin/env bash
# Random histories, made with Yjs and repeated with our engine.
#
#   run_histories.sh DRIVER      DRIVER: the program doc_differential
#
# SYNCLINE_HISTORIES: how many (2000). SYNCLINE_SEED: the first one's seed (1), or `random`.
set -euo pipefail

here=$(dirname "$0")
count=${SYNCLINE_HISTORIES:-2000}
seed=${SYNCLINE_SEED:-1}
[ "$seed" = random ] && seed=$((RANDOM * 32768 + RANDOM))
echo "$count histories from seed $seed on (SYNCLINE_HISTORIES=$count SYNCLINE_SEED=$seed)"
node "$here/doc_histories.mjs" --seed "$seed" --count "$count" | "$1" -
