#!/bin/bash
# soak.sh <minutes>: the simulator, from a seed that nobody has tried. A fault or a rare state that never came up
# is a failure, too.
set -eu
cd "$(dirname "$0")/../.."
scripts/build.sh release syncline
build/release/syncline sim --minutes "$1" --probes --all-probes
