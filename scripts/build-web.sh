#!/bin/sh
# Builds web/ into web/dist. One at a time: several build folders share web/.
set -eu
cd "$(dirname "$0")/../web"
mkdir -p ../build
exec 9>../build/.web.lock
flock 9

# npm writes this file last, so its age tells whether the installed packages are those of the lock file.
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --no-audit --no-fund --loglevel=error
  touch node_modules/.package-lock.json
fi
npm run --silent build
