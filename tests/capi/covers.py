#!/usr/bin/env python3
"""covers.py <header> <test>: every function of the C API is called by its test."""

import pathlib
import re
import sys

header, test = (pathlib.Path(name).read_text() for name in sys.argv[1:3])
functions = set(re.findall(r"^SYNCLINE_API [^;(]*?(syncline_\w+)\(", header, re.M))
missing = sorted(name for name in functions if not re.search(rf"\b{name}\(", test))
print(f"{len(functions)} functions, not called: {missing}")
sys.exit(1 if missing or not functions else 0)
