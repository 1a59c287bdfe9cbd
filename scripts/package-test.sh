#!/bin/bash
# package-test.sh [deb|tarball|npm|image|proxy|monitoring]...
#
# What `make package-test` does: tries what `make package` made, in clean roots of Debian 12 and in networks of their own; all
# tests unless some are named. As root, because of the roots; some minutes, and the mirror of Debian must be reachable. What it
# needs is below build/package-test (SYNCLINE_PACKAGE_WORK names another folder), and stays for the next time.
set -uo pipefail
cd "$(dirname "$0")/.."
if [ "$(id -u)" != 0 ]; then
  echo "package-test.sh: only root can make clean roots" >&2
  exit 1
fi
scripts/npm-install.sh tests/e2e
failed=
for one in "${@:-deb tarball npm image proxy monitoring}"; do
  for name in $one; do
    [ -x "packaging/tests/$name.sh" ] || { echo "package-test.sh: there is no test $name" >&2; exit 2; }
    echo "$name"
    start=$SECONDS
    if "packaging/tests/$name.sh" </dev/null; then echo "$name: ok, $((SECONDS - start)) s"; else failed="$failed $name"; fi
  done
done
if [ -n "$failed" ]; then
  echo "FAILED:$failed"
  exit 1
fi
