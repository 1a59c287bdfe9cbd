#!/bin/bash
# soak.sh <minutes>: `syncline chaos` with a seed that nobody has tried and published clients, for a sixth of the time.
set -eu
cd "$(dirname "$0")/../.."
scripts/npm-install.sh tests/e2e
scripts/build.sh release syncline
seconds=$(($1 * 10))
build/release/syncline chaos --seconds "$((seconds < 20 ? 20 : seconds))" --settle 300 --with-yjs tests/e2e --yjs 4
