#!/bin/bash
# soak.sh <minutes>: mixed honest load whose users come and go; then the attack run. Memory must be flat in the first, and
# nothing may be lost in either. Then a file of 5 GB flows through a server of 256 MB. No bounds of time: a soak shares its
# machine.
set -eu
cd "$(dirname "$0")/../.."
scripts/build.sh release syncline
scripts/attack.sh --churn --seconds $(($1 * 60))
scripts/attack.sh --p99-ms 0 --seconds $(($1 * 10))
node tests/e2e/soak_files.mjs 5
