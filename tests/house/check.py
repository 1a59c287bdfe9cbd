#!/usr/bin/env python3
"""check.py <rule>: applies a rule of the house to the tree, prints `file:line: finding`, fails if there is any.

Rules: includes, no-io, size, leftovers, named-tests, public-headers and headers (which need --compiler; see rules.py
for the others).
"""

import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile

import rules

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXT = (".h", ".cpp", ".py", ".sh", ".cmake", ".txt", ".js", ".mjs", ".ts", ".svelte", ".html", ".css", ".md", ".json")
SKIPPED = ("package-lock.json",)
CPP = (".h", ".cpp")
NAMES_TESTS = ("docs/attack.md",)


def source_paths():
    """Every text file of the project: those that git knows or would add; all that lie there without git."""
    git = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        names = subprocess.run(git, check=True, capture_output=True, text=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        names = [str(p.relative_to(ROOT)) for p in ROOT.rglob("*")]
    skipped_folders = {"build", "node_modules", "dist", ".git", "corpus", "traces"}
    return sorted(
        n for n in set(names)
        if n.endswith(TEXT) and not n.endswith(SKIPPED)
        and not skipped_folders & set(n.split("/")) and (ROOT / n).is_file()
    )


def read(path):
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


def compile_alone(header, compiler, flags, root=ROOT):
    """None, or what the compiler said about a file that includes nothing but this header, twice."""
    folder, include = header.split("/", 1)
    roots = [f"-I{root}/include"] + ([f"-I{root}/src"] if folder == "src" else [])
    with tempfile.NamedTemporaryFile("w", suffix=".cpp") as unit:
        unit.write(f'#include "{include}"\n#include "{include}"\n')
        unit.flush()
        command = [compiler, "-std=c++23", "-fsyntax-only", *roots, *flags, unit.name]
        done = subprocess.run(command, capture_output=True, text=True)
    return None if done.returncode == 0 else done.stderr


def check_headers(paths, compiler, flags):
    headers = rules.headers_to_compile(paths)
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for header, said in zip(headers, pool.map(lambda h: compile_alone(h, compiler, flags), headers)):
            if said:
                failures += 1
                print(f"{header}:1: does not compile alone\n{said}")
    print(f"{len(headers)} headers compiled alone")
    return failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("rule", choices=["includes", "no-io", "size", "leftovers", "named-tests", "public-headers", "headers"])
    parser.add_argument("--compiler", default="c++")
    parser.add_argument("flags", nargs="*", help="further compiler flags, after --")
    arguments = parser.parse_args()

    paths = source_paths()
    if arguments.rule == "headers":
        sys.exit(1 if check_headers(set(paths), arguments.compiler, arguments.flags) else 0)
    if arguments.rule == "public-headers":
        public = {p for p in paths if p.startswith("include/")}
        sys.exit(1 if check_headers(public, arguments.compiler, arguments.flags) else 0)

    rooms = rules.parse_rooms(read("cmake/rooms.cmake"))
    known = set(paths)
    rule = {
        "includes": lambda p, t: rules.check_includes(p, t, rooms) + rules.check_own_header_first(p, t, known),
        "no-io": rules.check_no_io,
        "size": rules.check_size,
        "leftovers": rules.check_leftovers,
        "named-tests": lambda p, t: [],
    }[arguments.rule]
    findings = []
    if arguments.rule == "named-tests":
        tests = set().union(*(rules.tests_in(read(p)) for p in paths if p.startswith("tests/") and p.endswith(CPP)))
        findings += [(p, *f) for p in NAMES_TESTS for f in rules.check_named_tests(read(p), tests)]
    if arguments.rule == "includes":
        findings += [("cmake/rooms.cmake", *f) for f in rules.check_order(rooms)]
    for path in paths:
        # The rules and their bad examples would find themselves.
        if path.startswith("tests/house/"):
            continue
        if path.endswith((".h", ".cpp")) or arguments.rule == "leftovers":
            findings += [(path, *f) for f in rule(path, read(path))]
    for path, line, message in findings:
        print(f"{path}:{line}: {message}")
    print(f"{len(paths)} files, {len(findings)} findings")
    sys.exit(1 if findings or not paths else 0)


if __name__ == "__main__":
    main()
