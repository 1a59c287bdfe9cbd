#!/bin/bash
# The image, without an engine: its root is made by the step of the Dockerfile (scripts/image-root.sh), and its command runs in it
# with its user and environment, without capabilities and with a root that cannot be written. dockerfilelint reads the Dockerfile.
. "$(dirname "$0")/lib.sh"
binary=${SYNCLINE_BINARY:-$repository/build/package/portable/syncline}
root=$work/root-image
rm -rf "$root"
"$repository/scripts/image-root.sh" "$binary" "$root"
size=$(du -sm "$root" | cut -f1)
step "the root has $(find "$root" -type f | wc -l) files, $size MB"
[ "$size" -lt 60 ] || die "that is too much"
[ -z "$(find "$root" -perm /6000)" ] || die "something runs as another user"

dockerfile=$repository/packaging/docker/Dockerfile
grep -q '^USER 10001:10001$' "$dockerfile" || die "the image runs as root"
[ "$(grep -c '^FROM ' "$dockerfile")" = 2 ] || die "the image has not two stages"
# Every file that the Dockerfile copies or runs is there.
for file in $(grep -o 'scripts/[a-z-]*\.sh' "$dockerfile" | sort -u); do [ -x "$repository/$file" ] || die "there is no $file"; done
npx --yes dockerfilelint@1.8.0 "$dockerfile" >"$work/dockerfile.log" 2>&1 || { cat "$work/dockerfile.log"; die "the Dockerfile"; }

export root work
export -f until_true die
unshare --net --mount --pid --fork --kill-child bash -c '
set -euo pipefail
mount -t proc proc /proc
ip link set lo up
mount --bind "$root" "$root"
mount -t tmpfs -o mode=0700,uid=10001,gid=10001 tmpfs "$root/data"
mount -o remount,bind,ro "$root"
setpriv --no-new-privs env -i SYNCLINE_DATA_DIR=/data SYNCLINE_ADDRESS=0.0.0.0 SYNCLINE_PORT=4400 SYNCLINE_TOKEN=token \
  /usr/sbin/chroot --userspec=10001:10001 "$root" /usr/bin/syncline serve >"$work/image.log" 2>&1 &
pid=$!
until_true 20 curl -sf http://127.0.0.1:4400/readyz || { cat "$work/image.log"; die "the image does not serve"; }
curl -sf -X PUT "http://127.0.0.1:4400/v1/workspaces/w/objects/a?root=content" -H "Authorization: Bearer token" -H "Content-Type: text/plain" -d text >/dev/null || die "an edit"
[ "$(curl -sf "http://127.0.0.1:4400/v1/workspaces/w/objects/a?as=text" -H "Authorization: Bearer token")" = text ] || die "the edit is not there"
grep -q "^CapEff:.*0000000000000000$" /proc/$pid/status || die "it has capabilities"
grep -q "^Uid:.10001" /proc/$pid/status || die "it runs as another user"
kill $pid
wait $pid || die "SIGTERM ends it with status $?"
'
