# `make run` serves, `make test` proves; both install what Debian 12 lacks. Everything is built under build/.

# Arguments for `syncline serve`, e.g. make run ARGS='--port 8080'; of bench-server and attack: options of their scripts.
ARGS ?=
# How long `make soak` runs.
SOAK_MINUTES ?= 60

.PHONY: help run build test package package-test soak mutants attack churn bench bench-quick bench-server bench-server-quick clean

help:
	@echo "make run    build and serve on this machine; ARGS='...' goes to \`syncline serve\`"
	@echo "make test   all tests: release, sanitizers, fuzzers, browsers"
	@echo "make build  build build/release/syncline alone, as \`make run\` does"
	@echo "make package  build a Debian package, a tarball and an npm package into build/packages"
	@echo "make package-test  install, upgrade, serve and remove them in clean roots (ten minutes, as root)"
	@echo "make soak   fuzz and repeat the tests for SOAK_MINUTES ($(SOAK_MINUTES))"
	@echo "make mutants switch on one built-in bug after the other: the simulator must find each"
	@echo "make attack attack a server with everything at once for ten minutes, while quiet users edit: nothing may be lost,"
	@echo "            late, or over its memory (ATTACK_SECONDS=600; ARGS='--help' lists the options)"
	@echo "make churn  an hour of mixed honest load whose users come and go: memory must be flat (ATTACK_SECONDS=3600)"
	@echo "make bench  build and run the benchmarks (half an hour); make bench-quick: a choice of them (5 minutes)"
	@echo "make bench-server  measure the server beside a relay and two published servers (25 minutes);"
	@echo "            make bench-server-quick: shorter (6 minutes); ARGS='--help' lists the options"
	@echo "make clean  remove everything built"

run: build
	exec build/release/syncline serve $(ARGS)

build:
	@scripts/install-deps.sh run
	@cmake --preset release -DSYNCLINE_TESTS=OFF -DSYNCLINE_EXAMPLES=OFF >/dev/null
	@cmake --build build/release --target installable

test:
	@scripts/install-deps.sh test
	@scripts/test.sh

package:
	@scripts/install-deps.sh package
	@scripts/build.sh package
	@scripts/package.sh

package-test: package
	@scripts/install-deps.sh package-test
	@scripts/package-test.sh $(ARGS)

soak:
	@scripts/install-deps.sh test
	@scripts/soak.sh $(SOAK_MINUTES)

mutants:
	@scripts/install-deps.sh test
	@scripts/mutants.sh

attack: build
	@scripts/install-deps.sh test
	@scripts/attack.sh $(ARGS)

churn: build
	@scripts/install-deps.sh test
	@ATTACK_SECONDS=$${ATTACK_SECONDS:-3600} scripts/attack.sh --churn $(ARGS)

bench:
	@scripts/install-deps.sh test
	@scripts/build.sh bench
	@scripts/bench.sh

bench-quick:
	@scripts/install-deps.sh test
	@scripts/build.sh bench
	@scripts/bench.sh quick

bench-server: build
	@scripts/install-deps.sh test
	@scripts/bench-server.sh $(ARGS)

bench-server-quick: build
	@scripts/install-deps.sh test
	@scripts/bench-server.sh --quick $(ARGS)

clean:
	rm -rf build web/dist
