#!/bin/sh
# build.sh <preset> [target...]: configures and builds a preset into build/<preset>.
set -eu
cd "$(dirname "$0")/.."
preset=$1
shift
cmake --preset "$preset" >/dev/null
if [ $# -gt 0 ]; then
  exec cmake --build --preset "$preset" --target "$@"
fi
exec cmake --build --preset "$preset"
