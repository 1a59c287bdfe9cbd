#!/usr/bin/env python3
"""Shows for every rule of the house that it finds what it is for, and leaves alone what it is not for."""

import pathlib
import subprocess
import tempfile
import unittest

import check
import rules

ROOMS = rules.parse_rooms("""
# syncline_room(comment DEPENDS nothing)
syncline_room(base LIBS fmt::fmt)
syncline_room(crdt DEPENDS base)
syncline_room(ot DEPENDS base)
syncline_room(backend THREADS DEPENDS crdt ot
  LIBS Boost::headers)
""")


class Rooms(unittest.TestCase):
    def test_parsed(self):
        self.assertEqual(ROOMS, {"base": [], "crdt": ["base"], "ot": ["base"], "backend": ["crdt", "ot"]})

    def test_order(self):
        self.assertEqual(rules.check_order(ROOMS), [])
        self.assertTrue(rules.check_order({"base": ["crdt"], "crdt": []}))
        self.assertTrue(rules.check_order({"base": ["base"]}))

    def test_the_real_list_is_read(self):
        real = rules.parse_rooms(check.read("cmake/rooms.cmake"))
        self.assertIn("base", real)
        self.assertIn("backend", real["cli"])
        self.assertEqual(real["crdt"], ["base"], "the engine depends on base alone")


class Includes(unittest.TestCase):
    def found(self, path, text):
        return rules.check_includes(path, text, ROOMS)

    def test_downwards(self):
        self.assertTrue(self.found("src/base/a.h", '#include "crdt/doc.h"\n'))
        self.assertTrue(self.found("src/crdt/a.cpp", '# include "backend/x.h"\n'))

    def test_sideways(self):
        self.assertTrue(self.found("src/crdt/a.h", '#include "ot/op.h"\n'))

    def test_upwards_and_within(self):
        self.assertEqual(self.found("src/backend/net/a.h", '#include "base/a.h"\n#include "backend/b.h"\n'), [])

    def test_not_rooted(self):
        self.assertTrue(self.found("src/crdt/a.h", '#include "doc.h"\n'))
        self.assertTrue(self.found("src/crdt/a.h", '#include "../base/a.h"\n'))

    def test_unknown_room(self):
        self.assertTrue(self.found("src/kitchen/a.h", ""))

    def test_public_header(self):
        self.assertTrue(self.found("include/syncline/a.h", '#include "backend/a.h"\n'))
        self.assertTrue(self.found("include/syncline/crdt/a.h", '#include "crdt/b.h"\n'))
        self.assertEqual(self.found("include/syncline/crdt/a.h", '#include "syncline/crdt/b.h"\n#include "syncline/c.h"\n'), [])

    def test_public_part_of_a_room(self):
        self.assertTrue(self.found("src/base/a.h", '#include "syncline/crdt/doc.h"\n'))
        self.assertTrue(self.found("src/ot/a.h", '#include "syncline/crdt/doc.h"\n'))
        self.assertEqual(self.found("src/ot/a.h", '#include "syncline/error.h"\n'), [])
        self.assertEqual(self.found("src/crdt/a.h", '#include "syncline/crdt/doc.h"\n'), [])

    def test_own_header_first(self):
        known = {"src/base/a.h", "src/base/a.cpp"}
        self.assertTrue(rules.check_own_header_first("src/base/a.cpp", '#include <map>\n#include "base/a.h"\n', known))
        self.assertTrue(rules.check_own_header_first("src/base/a.cpp", "int a;\n", known))
        self.assertEqual(rules.check_own_header_first("src/base/a.cpp", '// a\n#include "base/a.h"\n', known), [])
        self.assertEqual(rules.check_own_header_first("src/base/b.cpp", "#include <map>\n", known), [])

    def test_own_public_header_first(self):
        known = {"include/syncline/a.h", "include/syncline/crdt/b.h"}
        self.assertTrue(rules.check_own_header_first("src/base/a.cpp", '#include "base/a.h"\n', known))
        self.assertEqual(rules.check_own_header_first("src/base/a.cpp", '#include "syncline/a.h"\n', known), [])
        self.assertTrue(rules.check_own_header_first("src/crdt/b.cpp", "int b;\n", known))
        self.assertEqual(rules.check_own_header_first("src/crdt/b.cpp", '#include "syncline/crdt/b.h"\n', known), [])


class NoIo(unittest.TestCase):
    def test_forbidden_includes(self):
        for name in ("thread", "mutex", "fstream", "sys/socket.h", "unistd.h", "boost/asio/io_context.hpp"):
            self.assertTrue(rules.check_no_io("src/log/a.cpp", f"#include <{name}>\n"), name)
            self.assertEqual(rules.check_no_io("src/backend/a.cpp", f"#include <{name}>\n"), [], name)

    def test_allowed_includes(self):
        self.assertEqual(rules.check_no_io("src/log/a.cpp", "#include <map>\n#include <chrono>\n#include <atomic>\n"), [])

    def test_clocks_and_randomness(self):
        for line in ("auto t = std::chrono::steady_clock::now();", "std::random_device d;", "x = rand();", "std::srand(1);",
                     'getenv("HOME");'):
            self.assertTrue(rules.check_no_io("src/session/a.cpp", line + "\n"), line)
            self.assertEqual(rules.check_no_io("src/cli/a.cpp", line + "\n"), [], line)
        self.assertEqual(rules.check_no_io("src/session/a.cpp", "// no steady_clock here\n"), [])

    def test_heavy_headers(self):
        self.assertTrue(rules.check_no_io("src/base/a.h", "#include <openssl/evp.h>\n"))
        self.assertEqual(rules.check_no_io("src/base/a.cpp", "#include <openssl/evp.h>\n"), [])


class Size(unittest.TestCase):
    def test_limit(self):
        self.assertTrue(rules.check_size("src/base/a.cpp", "\n" * (rules.MAX_LINES + 1)))
        self.assertEqual(rules.check_size("src/base/a.cpp", "\n" * rules.MAX_LINES), [])


class Leftovers(unittest.TestCase):
    def found(self, line, path="src/log/a.cpp"):
        return rules.check_leftovers(path, line + "\n")

    def test_prints(self):
        for line in ('std::cerr << "here";', 'printf("x");', 'std::fprintf(stderr, "x");', 'fmt::print("x");', 'puts("x");'):
            self.assertTrue(self.found(line), line)
            self.assertEqual(self.found(line, "src/cli/a.cpp"), [], line)
            self.assertEqual(self.found(line, "tests/log/a_test.cpp"), [], line)
        self.assertEqual(self.found("std::snprintf(buffer, sizeof buffer, format);"), [])
        self.assertEqual(self.found('// no printf("x") here'), [])

    def test_unfinished(self):
        for mark in ("TO" "DO", "FIX" "ME", "XX" "X", "HA" "CK"):
            for path in ("src/log/a.cpp", "web/src/main.js", "docs/a.md", "CMakeLists.txt"):
                self.assertTrue(self.found(f"# {mark}: later", path))

    def test_merge_markers(self):
        for marker in ("<" * 7 + " HEAD", ">" * 7 + " branch", "|" * 7):
            self.assertTrue(self.found(marker, "README.md"))
        self.assertEqual(self.found("=" * 7, "README.md"), [])

    def test_code_in_comments(self):
        for line in ("  // return 1;", "// count_ += 1;", "//log_.append(event);", "// auto x = f(y);", "// if (x) {",
                     "// #include <map>", "  // }", "// } else {", "// std::vector<int> a = b;"):
            self.assertTrue(self.found(line), line)

    def test_prose_in_comments(self):
        for line in ("// Returned values live as long as the program;", "// what is sent (see above);",
                     "// Example:", "//   auto x = f(y);", "// if it is there, use it", "// `return fail(x);`",
                     "// and a == b; then", "// the first is kept; return means done"):
            self.assertEqual(self.found(line), [], line)

    def test_script_debug(self):
        self.assertTrue(self.found("debugger;", "web/src/a.js"))

    def test_trailing_blank(self):
        self.assertTrue(self.found("int a; "))


class NamedTests(unittest.TestCase):
    def test_found_in_sources(self):
        text = "TEST(A, One) {\n}\nTEST_F(B,\n       Two) {\n}\n// TEST(C, Three)\n"
        self.assertEqual(rules.tests_in(text), {"A.One", "B.Two"})

    def test_unknown_names(self):
        page = "| `A.One` |\n| `A.Two`, `tests/a.mjs` |\n"
        self.assertEqual(rules.check_named_tests(page, {"A.One"}), [(2, "there is no test A.Two")])


class Headers(unittest.TestCase):
    def test_chosen(self):
        paths = {"src/a/x.h", "src/a/x.cpp", "src/a/y.h", "include/syncline/z.h", "tests/a/t.h"}
        self.assertEqual(rules.headers_to_compile(paths), ["include/syncline/z.h", "src/a/y.h"])

    def test_compiled(self):
        with tempfile.TemporaryDirectory() as folder:
            room = pathlib.Path(folder) / "src" / "base"
            room.mkdir(parents=True)
            (room / "good.h").write_text("#pragma once\n#include <string>\ninline std::string a;\n")
            (room / "leaning.h").write_text("#pragma once\ninline std::string a;\n")
            (room / "unguarded.h").write_text("inline int a;\n")
            self.assertIsNone(check.compile_alone("src/base/good.h", "c++", [], folder))
            self.assertIsNotNone(check.compile_alone("src/base/leaning.h", "c++", [], folder))
            self.assertIsNotNone(check.compile_alone("src/base/unguarded.h", "c++", [], folder))


class Tree(unittest.TestCase):
    def test_paths(self):
        paths = check.source_paths()
        self.assertIn("include/syncline/error.h", paths)
        self.assertIn("CMakeLists.txt", paths)
        self.assertFalse([p for p in paths if "node_modules" in p or p.startswith("build/")])

    def test_wrong_rule_is_refused(self):
        done = subprocess.run(["python3", check.__file__, "nonsense"], capture_output=True)
        self.assertNotEqual(done.returncode, 0)


if __name__ == "__main__":
    unittest.main()
