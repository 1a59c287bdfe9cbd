#!/bin/bash
# Every test there is: what users run (release) with the end-to-end tests, unit tests under ASan and UBSan, every fuzzer
# for FUZZ_SECONDS (3), what uses threads under TSan. Unit tests do not run in the release, because another build of them
# costs minutes; `make soak` runs them there. Goes on after a failure; the last line says `N passed, M failed`, and
# the status is 0 only if M is 0. Reads nothing from stdin. STAGES="release asan" limits what runs. While the tests of a
# stage run, what later stages need is compiled with the lowest priority: tests often wait, and leave cores idle.
# Tests of the release write to the disk that TMPDIR names; those under sanitizers, which are the same tests, write to
# memory if there is enough, so that they do not wait for syncs again. CONTRIBUTING.md says where the minutes go.
set -u
cd "$(dirname "$0")/.." || exit 1
exec </dev/null
FUZZ_SECONDS=${FUZZ_SECONDS:-3}
STAGES=${STAGES:-release asan fuzz tsan}
jobs=$(nproc)
passed=0 failed=0 skipped=0 failures=()
logs=$(mktemp -d)
ahead=  # the process that compiles ahead
in_memory=$logs/tmp  # replaced below
trap '[ -z "$ahead" ] || kill -- "-$ahead" 2>/dev/null; rm -rf "$logs" "$in_memory"' EXIT

# A folder in memory if there is room, otherwise one on the disk.
free_mb() { df --output=avail -m "$1" 2>/dev/null | tail -n 1; }
available_mb=$(awk '/^MemAvailable:/ {print int($2 / 1024)}' /proc/meminfo)
if [ "$(stat -f -c %T /dev/shm 2>/dev/null)" = tmpfs ] && [ "$(free_mb /dev/shm)" -ge 2048 ] &&
   [ "$available_mb" -ge 6144 ] && folder=$(mktemp -d /dev/shm/syncline-test-XXXXXX 2>/dev/null); then
  in_memory=$folder
else
  mkdir "$in_memory"
fi

# Sanitizers need their shadow memory where a kernel with much address randomisation may have put something else.
fixed=()
if command -v setarch >/dev/null && setarch -R true 2>/dev/null; then fixed=(setarch -R); fi

fail() { failed=$((failed + 1)); failures+=("$1"); echo "FAILED: $1"; }

stage() { echo; echo "== $1 (${SECONDS} s)"; }

# compile_ahead: in the background, all that the sanitizers need. What fails then fails again in build().
compile_ahead() {
  [ -z "$ahead" ] || return
  local wanted=() name
  for name in $STAGES; do
    case $name in
      asan) wanted+=("asan unit_tests fuzzers") ;;
      tsan) wanted+=("tsan thread_tests") ;;
    esac
  done
  setsid nice -n 19 bash -c '
    logs=$1; shift
    for build in "$@"; do
      scripts/build.sh $build >/dev/null 2>&1
      touch "$logs/ahead.${build%% *}"
    done' -- "$logs" "${wanted[@]}" &
  ahead=$!
}

# Waits until the background has done what it can for this preset.
await_ahead() {
  case $1 in asan | tsan) ;; *) return ;; esac
  while [ -n "$ahead" ] && [ ! -e "$logs/ahead.$1" ] && kill -0 "$ahead" 2>/dev/null; do sleep 0.5; done
}

# build <preset> [target...]: a build that fails counts as one failed test.
build() {
  stage "build $*"
  await_ahead "$1"
  scripts/build.sh "$@" >"$logs/build" 2>&1 && return 0
  grep -vE '^\[[0-9]+/[0-9]+\]' "$logs/build" | tail -n 100
  fail "build $1"
  return 1
}

# run_ctest <preset> [ctest argument...]
run_ctest() {
  local preset=$1 log=$logs/ctest total bad skip
  shift
  stage "ctest $preset $*"
  "${fixed[@]}" ctest --preset "$preset" --no-tests=error -j"$jobs" "$@" >"$log" 2>&1
  local status=$?
  # A line per passed test is noise; failures with their output, and the totals, are not.
  grep -vE '^ +Start +[0-9]+:|^ *[0-9]+/[0-9]+ Test +#[0-9]+: .* Passed +[0-9.]+ sec$' "$log"
  total=$(sed -n 's/.*tests failed out of \([0-9]*\).*/\1/p' "$log" | tail -n 1)
  bad=$(sed -n 's/.*tests passed, \([0-9]*\) tests failed out of.*/\1/p' "$log" | tail -n 1)
  skip=$(grep -cE '^ *[0-9]+/[0-9]+ Test +#[0-9]+: .*\*\*\*(Skipped|Not Run \(Disabled\))' "$log")
  if [ -z "$total" ]; then
    fail "ctest $preset"
    return
  fi
  passed=$((passed + total - bad - skip)) skipped=$((skipped + skip)) failed=$((failed + bad))
  if [ "$bad" -gt 0 ]; then
    while read -r line; do failures+=("$preset: $line"); done \
      < <(sed -n '/^The following tests FAILED:/,$p' "$log" | grep -E '^\s+[0-9]+ - ' | sed 's/^[ \t]*[0-9]* - //')
  elif [ $status -ne 0 ]; then
    fail "ctest $preset ended with status $status"
  fi
}

# Node packages that tests use. A folder that ctest does not know is run by `npm test`.
node_packages() {
  local manifest folder
  for manifest in web/package-lock.json tests/*/package-lock.json; do
    [ -e "$manifest" ] || continue
    folder=$(dirname "$manifest")
    stage "npm packages of $folder"
    scripts/npm-install.sh "$folder" || fail "npm packages of $folder"
  done
}

node_tests() {
  local manifest folder good bad left
  for manifest in web/package.json tests/*/package.json; do
    [ -e "$manifest" ] || continue
    folder=$(dirname "$manifest")
    [ -e "$folder/CMakeLists.txt" ] && continue
    node -e 'process.exit(require(process.argv[1]).scripts?.test ? 0 : 1)' "$PWD/$manifest" || continue
    stage "npm test in $folder"
    SYNCLINE_BINARY=$PWD/build/release/syncline timeout -k 10 1800 npm --prefix "$folder" test >"$logs/node" 2>&1
    local status=$?
    cat "$logs/node"
    good=$(sed -n 's/^\(#\|ℹ\) pass \([0-9]*\)$/\2/p' "$logs/node" | awk '{n += $1} END {print n + 0}')
    bad=$(sed -n 's/^\(#\|ℹ\) fail \([0-9]*\)$/\2/p' "$logs/node" | awk '{n += $1} END {print n + 0}')
    left=$(sed -n 's/^\(#\|ℹ\) skipped \([0-9]*\)$/\2/p' "$logs/node" | awk '{n += $1} END {print n + 0}')
    passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + left))
    [ "$bad" -gt 0 ] && failures+=("$folder: $bad")
    if [ $status -ne 0 ] && [ "$bad" -eq 0 ]; then fail "npm test in $folder"; fi
    if [ $status -eq 0 ] && [ "$good" -eq 0 ]; then fail "npm test in $folder ran nothing"; fi
  done
}

run_fuzzers() {
  stage "fuzz, $FUZZ_SECONDS s each"
  scripts/fuzz.sh "$FUZZ_SECONDS" 2>&1 | tee "$logs/fuzz"
  passed=$((passed + $(grep -c '^fuzz .*: ok$' "$logs/fuzz")))
  grep -q '^fuzz ' "$logs/fuzz" || fail "there are no fuzzers"
  while read -r line; do fail "$line"; done < <(sed -n 's/^\(fuzz .*\): FAILED.*/\1/p' "$logs/fuzz")
}

for name in $STAGES; do
  case $name in
    release)
      node_packages
      if build release; then
        compile_ahead
        run_ctest release -LE '^(unit|threads)$' -E '_NOT_BUILT$'
        node_tests
      fi ;;
    asan)
      if build asan unit_tests; then
        compile_ahead
        TMPDIR=$in_memory run_ctest asan -L '^(unit|threads)$'
      fi ;;
    fuzz) if build asan fuzzers; then run_fuzzers; fi ;;
    tsan) if build tsan thread_tests; then TMPDIR=$in_memory run_ctest tsan -L '^threads$'; fi ;;
    *) fail "unknown stage $name" ;;
  esac
done

echo
if [ ${#failures[@]} -gt 0 ]; then printf 'failed: %s\n' "${failures[@]}"; fi
echo "$skipped skipped, $((SECONDS / 60)) min $((SECONDS % 60)) s"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
