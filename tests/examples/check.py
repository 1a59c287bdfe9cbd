#!/usr/bin/env python3
"""check.py <source> <program>: runs an example; what it prints must be what its source says, under `Prints:`.

check.py --docs <folder of programs>: every transcript of docs/api.md and README.md that begins with
`$ examples/NAME` must be what NAME prints. With --fix, sources are written anew instead.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^(//|/\*) Prints:\n((?:(?://| \*)   .*\n)+)", re.M)
TRANSCRIPT = re.compile(r"^```console\n\$ examples/(\w+)\n(.*?)^```$", re.M | re.S)


def run(program):
    done = subprocess.run([program], capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        sys.exit(f"{program} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def promised(source):
    match = BLOCK.search(source)
    return match and "".join(line[5:] + "\n" for line in match.group(2).splitlines())


def fix(path, printed):
    source = path.read_text()
    prefix = "//   " if path.suffix == ".cpp" else " *   "
    lines = "".join(prefix + line + "\n" for line in printed.splitlines())
    path.write_text(BLOCK.sub(lambda match: f"{match.group(1)} Prints:\n{lines}", source))


def differs(name, promised_text, printed):
    if promised_text == printed:
        return False
    print(f"{name}: promised\n{promised_text}\nprinted\n{printed}")
    return True


def main():
    arguments = sys.argv[1:]
    if arguments[0] == "--docs":
        found = [(page, *match.groups()) for page in ("docs/api.md", "README.md")
                 for match in TRANSCRIPT.finditer((ROOT / page).read_text())]
        if not found:
            sys.exit("no transcripts")
        bad = [differs(f"{page}: {name}", text, run(pathlib.Path(arguments[1]) / name)) for page, name, text in found]
        sys.exit(any(bad))
    if arguments[0] == "--fix":
        fix(pathlib.Path(arguments[1]), run(arguments[2]))
        return
    source = pathlib.Path(arguments[0])
    sys.exit(differs(source.name, promised(source.read_text()), run(arguments[1])))


if __name__ == "__main__":
    main()
