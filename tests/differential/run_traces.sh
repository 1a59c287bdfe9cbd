#!/usr/bin/env bash
# Recordings of real editing, replayed with Yjs and with our engine.
#
#   run_traces.sh PROGRAM FOLDER…      PROGRAM: trace_replay
#
# Folders that are not there are passed over. SYNCLINE_TRACES limits the files to those whose path matches it.
set -euo pipefail

here=$(dirname "$0")
program=$1
shift
mapfile -t files < <(find "$@" \( -name '*.json.gz' -o -name 'trace_*.json' \) 2>/dev/null | grep -v ascii_only | grep -E -- "${SYNCLINE_TRACES:-.}" | sort)
node "$here/traces.mjs" "${files[@]}" | "$program"
