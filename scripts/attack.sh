#!/bin/sh
# attack.sh [OPTION]...: attacks a server with everything at once while quiet users edit, and checks bounds; --help lists
# the options, docs/attack.md explains them. The Syncline binary is not built here: `make attack` does that first.
set -eu
cd "$(dirname "$0")/.."
# Thousands of connections are as many descriptors.
ulimit -n "$(ulimit -Hn)"
exec node bench/attack/run.mjs "$@"
