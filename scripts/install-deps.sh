#!/bin/sh
# install-deps.sh [run|test|package|package-test]
#
# Installs what Debian 12 lacks to build and run Syncline (`run`), or to test it as well (`test`, the default); to make
# packages (`package`), or to test these (`package-test`).
# As root, or through sudo; asks nothing. When everything is there, it only looks, in a fraction of a second.
set -eu

# Build tools: compiler, build system, a fast linker, a compiler cache; git and certificates for npm.
run="g++ cmake ninja-build mold ccache make pkg-config git ca-certificates"
# Sockets, timers and HTTP parsing (headers only; the packaged default, 1.74, is too old).
run="$run libboost1.81-dev"
# The embedded log and store.
run="$run librocksdb-dev"
# The stores of other servers, which an import reads.
run="$run libleveldb-dev libsqlite3-dev"
# SHA-256 and TLS; Ed25519 and random numbers; compression.
run="$run libssl-dev libsodium-dev libzstd-dev"
# Properties and normalisation of Unicode characters, for names.
run="$run libutf8proc-dev"
# Markdown and HTML, as their readers know them.
run="$run libcmark-gfm-dev libcmark-gfm-extensions-dev libgumbo-dev"
# JSON, command line, logging, text formatting.
run="$run nlohmann-json3-dev libcli11-dev libspdlog-dev libfmt-dev"

# Unit tests and benchmarks.
test="libgtest-dev libgmock-dev libbenchmark-dev"
# The second compiler, for libFuzzer.
test="$test clang-19 lld-19 llvm-19 libclang-rt-19-dev"
# House tests; the page in a real browser, with a font to draw it; faults made through system calls.
test="$test python3 chromium fonts-dejavu-core strace util-linux procps"

# Which packages a program needs; libraries with a static one, for the portable binary.
package="dpkg-dev binutils xz-utils libsnappy-dev liblz4-dev libbz2-dev zlib1g-dev"
# Clean roots, with a systemd of their own; what examines packages; certificates and requests of the tests.
package_test="mmdebstrap systemd-container lintian openssl curl iproute2"

case "${1:-test}" in
  run) wanted="$run" ;;
  package) wanted="$run $package" ;;
  package-test) wanted="$run $test $package $package_test" ;;
  test) wanted="$run $test" ;;
  *) echo "usage: install-deps.sh [run|test|package|package-test]" >&2; exit 2 ;;
esac
# A node of whatever origin is left alone: Debian's package conflicts with others.
command -v node >/dev/null 2>&1 || wanted="$wanted nodejs"
command -v npm >/dev/null 2>&1 || wanted="$wanted npm"

installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted 2>/dev/null | sed -n 's/^installed //p' | sort -u)
missing=
for package in $wanted; do
  case "
$installed
" in
    *"
$package
"*) ;;
    *) missing="$missing $package" ;;
  esac
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "install-deps.sh: neither root nor sudo; please install:$missing" >&2
    exit 1
  fi
  as_root="sudo -n"
  # A password may be asked for only where somebody can type it.
  if [ -t 0 ]; then as_root="sudo"; fi
fi

echo "Installing:$missing"
apt() {
  # Waits for another apt instead of failing beside it.
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=600 "$@" </dev/null
}
# The lock of the package lists knows no waiting; a first try may meet the daily update of a new machine.
apt update || { sleep 20; apt update; } || { sleep 60; apt update; }
apt install --no-install-recommends $missing
