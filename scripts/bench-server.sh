#!/bin/sh
# bench-server.sh [OPTION]...: builds the programs of bench/server, installs the peers from npm, and measures; --help lists
# the options. The Syncline binary is not built here: `make bench-server` does that first. Ends by itself.
set -eu
cd "$(dirname "$0")/.."
case " $* " in
  *" --help "* | *" --list "* | *" --from "*) exec node bench/server/run.mjs "$@" ;;
esac
scripts/build.sh bench server_bench_load server_bench_relay >&2
case " $* " in
  *" --peer-rounds 0 "*) ;;
  *) for peer in bench/server/peers/*/; do scripts/npm-install.sh "$peer"; done ;;
esac
# 19,500 connections are as many descriptors, in the server and in the generator.
ulimit -n "$(ulimit -Hn)"
exec node bench/server/run.mjs "$@"
