#!/bin/sh
# Builds web/ into web/dist. One at a time: several build folders share web/.
set -eu
cd "$(dirname "$0")/.."
mkdir -p build
exec 9>build/.web.lock
flock 9
scripts/npm-install.sh web
npm --prefix web run --silent build
