#!/bin/bash
# package.sh [deb|tarball|npm]...
#
# What `make package` does: puts what the preset `package` built into packages under build/packages, all of them unless
# some are named. docs/deploy.md says how each is installed, and `make package-test` installs them.
#   SYNCLINE_PACKAGE_VERSION   another version than that of the sources, such as 0.1.0~rc1
#   SYNCLINE_PACKAGES          another folder than build/packages
#   SYNCLINE_PACKAGE_BUILD     another build than build/package
set -euo pipefail
cd "$(dirname "$0")/.."
source_version=$(sed -n 's/.*SYNCLINE_VERSION_STRING "\(.*\)".*/\1/p' include/syncline/version.h)
version=${SYNCLINE_PACKAGE_VERSION:-$source_version}
out=${SYNCLINE_PACKAGES:-$PWD/build/packages}
build=${SYNCLINE_PACKAGE_BUILD:-$PWD/build/package}
maintainer="Seed 130c3f48 maintainers <maintainers@users.noreply.b-seed-130c3f48.example>"
# Files carry the time of the last commit, so that the same sources give the same packages.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)}
export SOURCE_DATE_EPOCH
mkdir -p "$out"
stage=$(mktemp -d "$build/stage-XXXXXX")
trap 'rm -rf "$stage"' EXIT

install_component() {  # install_component COMPONENT FOLDER PREFIX
  DESTDIR=$2 cmake --install "$build" --prefix "$3" --component "$1" >/dev/null
}

same_times() { find "$1" -newermt "@$SOURCE_DATE_EPOCH" -print0 | xargs -0r touch -h -d "@$SOURCE_DATE_EPOCH"; }

# --- Debian ---

# document PACKAGE FOLDER: what every package of Debian has
document() {
  local doc=$2/usr/share/doc/$1
  mkdir -p "$doc"
  cp packaging/debian/copyright "$doc/"
  cp CHANGELOG.md "$stage/changelog"
  gzip -9n <"$stage/changelog" >"$doc/changelog.gz"
  printf 'syncline (%s) bookworm; urgency=medium\n\n  * Release %s; changelog.gz says what is new.\n\n -- %s  %s\n' \
    "$version" "$version" "$maintainer" "$(date -uR -d "@$SOURCE_DATE_EPOCH")" | gzip -9n >"$doc/changelog.Debian.gz"
}

# libraries FOLDER FILE...: the packages that these files need, as Debian's tools find them
libraries() {
  local folder=$1
  shift
  mkdir -p "$stage/shlibs/debian"
  printf 'Source: syncline\n\nPackage: syncline\nArchitecture: amd64\n' >"$stage/shlibs/debian/control"
  (cd "$stage/shlibs" && dpkg-shlibdeps -O "$@" 2>/dev/null) | sed 's/^shlibs:Depends=//'
}

# deb PACKAGE FOLDER DEPENDS: its paragraph in packaging/debian/control says the rest
deb() {
  local package=$1 folder=$2 depends=$3
  document "$package" "$folder"
  mkdir -p "$folder/DEBIAN"
  awk -v RS= -v wanted="Package: $package" 'index($0, wanted "\n") == 1' packaging/debian/control |
    sed "s/@VERSION@/$version/; s/@SHLIBS@/$depends/" >"$stage/control"
  {
    sed -n 1,2p "$stage/control"
    printf 'Source: syncline\nVersion: %s\nArchitecture: amd64\nMaintainer: %s\nPriority: optional\nInstalled-Size: %s\n' \
      "$version" "$maintainer" "$(du -sk --exclude=DEBIAN "$folder" | cut -f1)"
    sed '1,2d' "$stage/control"
  } >"$folder/DEBIAN/control"
  # A library's package has one section more than a program's, and Source would repeat the name of the program's.
  if [ "$package" = syncline ]; then sed -i '/^Source:/d' "$folder/DEBIAN/control"; fi
  (cd "$folder" && find . -type f ! -path './DEBIAN/*' -printf '%P\0' | sort -z | xargs -0 md5sum) >"$folder/DEBIAN/md5sums"
  same_times "$folder"
  dpkg-deb --root-owner-group -Zxz --build "$folder" "$out/${package}_${version}_amd64.deb" >/dev/null
  echo "$out/${package}_${version}_amd64.deb"
}

make_debs() {
  local program=$stage/syncline library=$stage/libsyncline0 headers=$stage/libsyncline-dev
  local lib; lib=usr/$(sed -n "s/^CMAKE_INSTALL_LIBDIR:[A-Z]*=//p" "$build/CMakeCache.txt")
  install_component program "$program" /usr
  rm "$program/usr/share/doc/syncline/LICENSE"
  mkdir -p "$program/usr/share/zsh/vendor-completions"
  mv "$program/usr/share/zsh/site-functions/_syncline" "$program/usr/share/zsh/vendor-completions/"
  rmdir "$program/usr/share/zsh/site-functions"
  gzip -9n "$program"/usr/share/man/man1/*.1
  install -D -m 0644 packaging/syncline.toml "$program/etc/syncline/syncline.toml"
  mkdir -p "$program/DEBIAN" "$library/DEBIAN" "$library/$lib"
  echo /etc/syncline/syncline.toml >"$program/DEBIAN/conffiles"
  install -m 0755 packaging/debian/{postinst,prerm,postrm} "$program/DEBIAN/"
  strip --strip-unneeded --remove-section=.gnu_debuglink "$program/usr/bin/syncline"
  deb syncline "$program" "$(libraries "$program" "$program/usr/bin/syncline")"

  install_component library "$headers" /usr
  rm "$headers/usr/share/doc/syncline/LICENSE"
  rmdir "$headers/usr/share/doc/syncline"
  mv "$headers/$lib"/libsyncline.so.0* "$library/$lib/"
  strip --strip-unneeded "$library/$lib"/libsyncline.so.0.*
  strip --strip-debug "$headers/$lib/libsyncline.a"
  printf 'libsyncline 0 libsyncline0 (>= %s), libsyncline0 (<< %s.%s)\n' "$source_version" \
    "${source_version%.*}" "$((${source_version##*.} + 1))" >"$library/DEBIAN/shlibs"
  printf 'activate-noawait ldconfig\n' >"$library/DEBIAN/triggers"
  deb libsyncline0 "$library" "$(libraries "$library" "$library/$lib"/libsyncline.so.0.*)"
  deb libsyncline-dev "$headers" ""
}

# --- Without a package manager ---

# Licences of everything that is in the portable binary.
licences() {  # licences FOLDER
  local package
  mkdir -p "$1"
  for package in $(sed -n 's/^[a-z][^ ]* //p' packaging/portable/libraries.txt | sort -u) \
    libfmt-dev libboost1.81-dev nlohmann-json3-dev libcli11-dev libstdc++6; do
    cp -L "/usr/share/doc/$package/copyright" "$1/$package"
  done
  local folder name
  for folder in $(npm --prefix web ls --omit=dev --all --parseable 2>/dev/null | tail -n +2); do
    name=${folder##*node_modules/}
    cat "$folder"/LICENSE* >"$1/npm-${name//\//-}" 2>/dev/null || echo "no licence file in $folder" >&2
  done
}

make_tarball() {
  local name=syncline-$version-linux-x86_64
  local folder=$stage/$name
  install_component program "$stage/portable" /usr/local
  mkdir -p "$folder"
  cp -r "$stage/portable/usr/local/." "$folder/"
  install -m 0755 "$build/portable/syncline" "$folder/bin/syncline"
  mv "$folder/share/doc/syncline/LICENSE" "$folder/LICENSE"
  rm -r "$folder/share/doc"
  cp packaging/portable/README "$folder/README"
  cp -r packaging/monitoring "$folder/share/syncline/monitoring"
  cp -r packaging/nginx packaging/caddy "$folder/share/syncline/"
  licences "$folder/share/syncline/licences"
  same_times "$folder"
  tar -C "$stage" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -cf - "$name" |
    gzip -9n >"$out/$name.tar.gz"
  echo "$out/$name.tar.gz"
}

make_npm() {
  local folder=$stage/npm
  mkdir -p "$folder"
  cp -r packaging/npm/. "$folder/"
  cp LICENSE "$folder/"
  install -D -m 0755 "$build/portable/syncline" "$folder/linux-x64/syncline"
  licences "$folder/licences"
  # npm knows no tilde in a version.
  node -e 'const fs = require("fs"), [file, version] = process.argv.slice(1), it = JSON.parse(fs.readFileSync(file));
    it.version = version.replace("~", "-"); fs.writeFileSync(file, JSON.stringify(it, null, 2) + "\n")' "$folder/package.json" "$version"
  (cd "$folder" && npm pack --silent --pack-destination "$out" >/dev/null)
  echo "$out/syncline-${version/\~/-}.tgz"
}

for wanted in "${@:-deb tarball npm}"; do
  for one in $wanted; do
    case $one in
      deb) make_debs ;;
      tarball) make_tarball ;;
      npm) make_npm ;;
      *) echo "usage: package.sh [deb|tarball|npm]..." >&2; exit 2 ;;
    esac
  done
done
