# Shared by the tests of packages: clean roots of Debian 12, and steps that say what went wrong.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
packages=${SYNCLINE_PACKAGES:-$repository/build/packages}
work=${SYNCLINE_PACKAGE_WORK:-$repository/build/package-test}
version=$(sed -n 's/.*SYNCLINE_VERSION_STRING "\(.*\)".*/\1/p' "$repository/include/syncline/version.h")
mkdir -p "$work"

die() { echo "FAILED: $*" >&2; exit 1; }
step() { echo "  $*"; }

# until_true SECONDS COMMAND...: tries ten times a second
until_true() {
  local tries=$(($1 * 10))
  shift
  while ! "$@" >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    sleep 0.1
  done
}

# clean_root NAME [PACKAGE...]: a fresh Debian 12 with only these packages, in $root. What a name had before is unpacked again.
clean_root() {
  local name=$1 archive=$work/$1.tar
  shift
  root=$work/root-$name
  if [ ! -s "$archive" ] || [ "$(cat "$archive.list" 2>/dev/null)" != "$*" ]; then
    step "a clean Debian 12 with: $*"
    mmdebstrap --quiet --variant=minbase --include="$(echo "$*" | tr ' ' ',')" bookworm "$work/new-$name.tar" >"$archive.log" 2>&1 ||
      { cat "$archive.log" >&2; die "mmdebstrap"; }
    mv "$work/new-$name.tar" "$archive"
    echo "$*" >"$archive.list"
  fi
  rm -rf "$root"
  mkdir -p "$root"
  tar -xf "$archive" -C "$root"
}

# in_root COMMAND...: with /proc and /dev, in namespaces of its own for processes and mounts, so that nothing stays
in_root() { (start_in_root "$@"); }

# start_in_root COMMAND... &: the same; to end it, send SIGKILL to the process in the background, because unshare ignores others
start_in_root() {
  exec unshare --mount --pid --fork --kill-child bash -c '
    set -e
    mount -t proc proc "$0/proc"
    mount --rbind /dev "$0/dev"
    exec chroot "$0" "$@"' "$root" "$@"
}
