#!/bin/bash
# npm-install.sh <folder>: installs the packages of folder/package-lock.json, unless they are there already.
set -eu
cd "$1"
# npm writes this file last, so its age tells whether the installed packages are those of the lock file.
installed=node_modules/.package-lock.json
if [ -e $installed ] && [ ! package-lock.json -nt $installed ]; then exit 0; fi

# `npm ci` refuses a lock file without the optional packages of other platforms, and npm leaves those out when the
# registry that it was written with does not carry them. `npm install` takes the same locked versions and checks the
# same hashes; --no-save keeps it from writing.
options="--no-audit --no-fund --loglevel=error"
npm ci $options >/dev/null 2>&1 || npm install --no-save $options
touch $installed
