#!/bin/sh
# Every header that no .cpp includes first, compiled alone.
set -eu
cd "$(dirname "$0")/../.."
exec python3 -B tests/house/check.py headers
