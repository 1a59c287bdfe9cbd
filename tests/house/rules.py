"""The rules of the house as pure functions: text in, findings out. check.py applies them to the tree,
self_test.py shows for each that it can fail.

A finding is (line, message). A path is relative to the root of the repository, with slashes.
"""

import re

MAX_LINES = 700  # of a file in src/: what can be read in one sitting

# Rooms that may touch the operating system; every other room gets it handed down as an interface.
OS_ROOMS = {"backend", "cli"}

FORBIDDEN_INCLUDES = re.compile(
    r"(thread|stop_token|mutex|shared_mutex|condition_variable|future|semaphore|latch|barrier"
    r"|fstream|filesystem|iostream|csignal|ctime"
    r"|sys/.*|netinet/.*|arpa/.*|net/.*|linux/.*|poll\.h|unistd\.h|fcntl\.h|netdb\.h|pthread\.h|signal\.h|time\.h"
    r"|boost/asio.*|boost/beast.*|rocksdb/.*|leveldb/.*|sqlite3\.h|spdlog/.*|CLI/.*)"
)
FORBIDDEN_USES = [
    (re.compile(r"\b(system_clock|steady_clock|high_resolution_clock)\b"), "reads a clock"),
    (re.compile(r"\b(random_device|getrandom|randombytes_buf)\b|\b(?:std::)?s?rand\s*\("), "takes its own randomness"),
    (re.compile(r"\b(?:std::)?(getenv|system|popen)\s*\("), "reaches for the environment"),
]
HEAVY_INCLUDES = re.compile(r"(boost/(asio|beast)|rocksdb/|leveldb/|sqlite3\.h|spdlog/|CLI/|openssl/|nlohmann/json\.hpp|sodium)")

PRINTS = re.compile(r"\bstd::(cerr|cout|clog)\b|\b(?:std::)?v?f?printf\s*\(|\bfmt::print(ln)?\b|\bf?puts\s*\(|\bperror\s*\(")
MAY_PRINT = ("src/cli/", "src/base/assert.cpp")
DEBUG_IN_SCRIPTS = re.compile(r"\bdebugger\b|\bconsole\.(trace|debug)\s*\(")
# Written apart, so that this file passes its own rule.
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
MERGE_MARKERS = re.compile(r"^(<{7}|>{7}|\|{7})( |$)")

# A line comment that reads as a statement. Three blanks or more after the slashes make it an example, which a
# header that is a manual may well have.
COMMENTED_CODE = re.compile(
    r"^\s*//\s{0,2}(?:"
    r"return\b[^.]*;"
    r"|[A-Za-z_][\w:.\[\]>-]*\s*(?:[-+|&^]?=)\s*[^=\s].*;"
    r"|(?:const |auto |int |bool |std::)\S.*[=(].*;"
    r"|[A-Za-z_][\w:.>-]*\([^`]*\);"
    r"|(?:if|for|while|switch)\s*\(.*\)\s*\{"
    r"|#\s*(?:include|ifdef|ifndef|define|endif)\b.*"
    r"|\}\s*(?:else\s*\{)?"
    r")\s*$"
)

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def parse_rooms(text):
    """cmake/rooms.cmake -> ordered {room: [direct dependencies]}."""
    text = re.sub(r"#.*", "", text)
    rooms = {}
    for words in (call.split() for call in re.findall(r"syncline_room\(([^)]*)\)", text)):
        name, depends, section = words[0], [], ""
        for word in words[1:]:
            if word in ("DEPENDS", "LIBS", "THREADS", "SLOW_TESTS", "APART", "TESTS_USE"):
                section = word
            elif section == "DEPENDS":
                depends.append(word)
        rooms[name] = depends
    return rooms


def check_order(rooms):
    """The list itself: a room depends on rooms above it only."""
    findings, above = [], set()
    for room, depends in rooms.items():
        findings += [(0, f"room {room} depends on {d}, which is not above it") for d in depends if d not in above]
        above.add(room)
    return findings


def reachable(rooms):
    """{room: every room it may include}, itself among them."""
    closed = {}
    for room, depends in rooms.items():
        closed[room] = {room}.union(*(closed.get(d, set()) for d in depends))
    return closed


def room_of(path):
    parts = path.split("/")
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def public_header_of(path):
    """src/crdt/x.cpp -> include/syncline/crdt/x.h: where the public header is that it implements, if there is one."""
    return "include/syncline/" + path[len("src/"):-len(".cpp")].removeprefix("base/") + ".h"


def room_of_include(target):
    """The room that an include reaches into: include/syncline/<room>/ is the public part of src/<room>/."""
    parts = target.split("/")
    if parts[0] != "syncline":
        return parts[0]
    return parts[1] if len(parts) > 2 else "base"


def includes(text):
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1) == "<", match.group(2)


def check_includes(path, text, rooms):
    """Room order of includes, rooted at src or include; public headers show nothing but public headers."""
    room, public = room_of(path), path.startswith("include/syncline/")
    if not room and not public:
        return []
    if room and room not in rooms:
        return [(1, f"src/{room} is no room of cmake/rooms.cmake")]
    allowed = reachable(rooms)[room] if room else set(rooms)
    findings, first = [], None
    for number, system, target in includes(text):
        first = first or target
        if system:
            continue
        if "/" not in target or target.startswith("."):
            findings.append((number, f'"{target}" is not rooted at src/ or include/'))
        elif public and not target.startswith("syncline/"):
            findings.append((number, f'a public header must not include "{target}"'))
        elif room_of_include(target) not in allowed:
            findings.append((number, f'{room or "a public header"} must not include "{target}"'))
    return findings


def check_own_header_first(path, text, paths):
    """x.cpp includes x.h before anything else, which proves that x.h stands alone."""
    if not path.startswith("src/") or not path.endswith(".cpp"):
        return []
    header = next((h for h in (path[:-4] + ".h", public_header_of(path)) if h in paths), None)
    if not header:
        return []
    header = header.split("/", 1)[1]
    for number, _, target in includes(text):
        return [] if target == header else [(number, f"the first include must be {header}")]
    return [(1, f"does not include {header}")]


def headers_to_compile(paths, rooms=None):
    """The headers that no .cpp of the same name proves to stand alone."""
    return sorted(
        p for p in paths
        if p.endswith(".h") and p.startswith(("src/", "include/")) and p[:-2] + ".cpp" not in paths
    )


def without_comments(line):
    return re.sub(r'"(\\.|[^"\\])*"', '""', line).split("//")[0]


def check_no_io(path, text):
    """No I/O, threads, clocks or randomness outside the rooms that are for it; heavy headers stay in .cpp files."""
    room = room_of(path)
    if not room:
        return []
    findings = []
    for number, system, target in includes(text):
        if room not in OS_ROOMS and system and FORBIDDEN_INCLUDES.fullmatch(target):
            findings.append((number, f"<{target}> is for src/backend only"))
        elif room != "backend" and path.endswith(".h") and HEAVY_INCLUDES.match(target):
            findings.append((number, f"<{target}> belongs into a .cpp file"))
    if room not in OS_ROOMS:
        for number, line in enumerate(text.splitlines(), 1):
            for pattern, what in FORBIDDEN_USES:
                if pattern.search(without_comments(line)):
                    findings.append((number, f"{what}: src/backend only"))
    return findings


def check_size(path, text):
    lines = text.count("\n")
    if path.startswith("src/") and lines > MAX_LINES:
        return [(lines, f"{lines} lines, more than {MAX_LINES}: cut it where the subject changes")]
    return []


def tests_in(text):
    """The names of the GoogleTest tests in a source: {"Suite.Test"}."""
    found = re.findall(r"^\s*(?:TEST|TEST_F|TEST_P|TYPED_TEST|TYPED_TEST_P)\(\s*(\w+),\s*(\w+)\)", text, re.MULTILINE)
    return {f"{suite}.{test}" for suite, test in found}


def check_named_tests(text, known):
    """A page that names tests names such that exist."""
    return [
        (number, f"there is no test {name}")
        for number, line in enumerate(text.splitlines(), 1)
        for name in re.findall(r"`([A-Z]\w*\.[A-Z]\w*)`", line)
        if name not in known
    ]


def check_leftovers(path, text):
    """Nothing left behind: debug output, unfinished marks, code in comments, merge markers."""
    findings = []
    cpp = path.endswith((".h", ".cpp"))
    script = path.endswith((".js", ".mjs", ".ts", ".svelte"))
    for number, line in enumerate(text.splitlines(), 1):
        if MERGE_MARKERS.match(line):
            findings.append((number, "merge marker"))
        if UNFINISHED.search(line):
            findings.append((number, "unfinished: finish it, or say in prose what the limit is"))
        if cpp and path.startswith("src/") and not path.startswith(MAY_PRINT) and PRINTS.search(without_comments(line)):
            findings.append((number, "prints: only src/cli does"))
        if cpp and COMMENTED_CODE.match(line):
            findings.append((number, "code in a comment"))
        if script and DEBUG_IN_SCRIPTS.search(line):
            findings.append((number, "debug output"))
        if cpp and path.startswith("src/") and line != line.rstrip():
            findings.append((number, "blank at the end of the line"))
    return findings
