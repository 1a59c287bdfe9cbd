#!/bin/bash
# npm-ci.sh <folder>: installs the packages of folder/package-lock.json, unless they are there already.
set -eu
cd "$1"
# npm writes this file last, so its age tells whether the installed packages are those of the lock file.
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --no-audit --no-fund --loglevel=error
  touch node_modules/.package-lock.json
fi
