#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools/check-layers finds planted violations, and nothing else."""

import os
import subprocess
import sys
import tempfile
import unittest

TOOL = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    "..", "..", "tools", "check-layers")


class CheckLayers(unittest.TestCase):
    def check(self, path, text):
        """Plant one file in a tree of its own; return what the tool says."""
        with tempfile.TemporaryDirectory() as root:
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full))
            with open(full, "w", encoding="utf-8") as file:
                file.write(text)
            result = subprocess.run([sys.executable, TOOL, root], text=True,
                                    capture_output=True, check=False)
        self.assertEqual(result.returncode, 1 if result.stdout else 0,
                         result.stderr)
        return result.stdout.splitlines()

    def assert_clean(self, path, text):
        self.assertEqual(self.check(path, text), [])

    def assert_caught(self, path, text, complaint):
        self.assertEqual(self.check(path, text), [complaint])

    def test_a_layer_below_is_fine(self):
        self.assert_clean("src/net/a.c", '#include "net/a.h"\n'
                          '#include "core/b.h"\n#include "base/c.h"\n'
                          "#include <tidysock/loop.h>\n#include <uv.h>\n"
                          "#include <utlist.h>\n#include <errno.h>\n")

    def test_a_layer_above(self):
        self.assert_caught("src/core/a.c", '\n#include "net/loop.h"\n',
                           'src/core/a.c:2: core includes "net/loop.h"')

    def test_a_public_header_of_a_layer_above(self):
        self.assert_caught("src/net/a.h", "#include <tidysock/case.h>\n",
                           "src/net/a.h:1: net includes <tidysock/case.h>, "
                           "which belongs to fixture")

    def test_a_public_header_includes_one_above_it(self):
        self.assert_caught("include/tidysock/loop.h",
                           "#include <tidysock/server.h>\n",
                           "include/tidysock/loop.h:1: net includes "
                           "<tidysock/server.h>, which belongs to fixture")

    def test_an_adapter_in_a_layer(self):
        self.assert_caught("src/fixture/a.c",
                           "#include <tidysock/adapters/cmocka.h>\n",
                           "src/fixture/a.c:1: fixture includes "
                           "<tidysock/adapters/cmocka.h>")

    def test_libuv_outside_net_and_fixture(self):
        self.assert_caught("src/base/a.c", "# include <uv.h>\n",
                           "src/base/a.c:1: base includes <uv.h>")
        self.assert_caught("src/core/a.c", "int a = uv_run(loop, 0);\n",
                           "src/core/a.c:1: core calls libuv")
        self.assert_caught("include/tidysock/endpoint.h", "#include <uv.h>\n",
                           "include/tidysock/endpoint.h:1: "
                           "core includes <uv.h>")

    def test_a_library_that_nobody_agreed_on(self):
        self.assert_caught("src/fixture/a.c", "#include <event2/event.h>\n",
                           "src/fixture/a.c:1: <event2/event.h> is neither "
                           "the C library's nor known to tools/check-layers")

    def test_a_header_without_its_folder(self):
        self.assert_caught("src/net/a.c", '#include "loop.h"\n',
                           'src/net/a.c:1: "loop.h" does not begin with a '
                           'layer')

    def test_a_folder_that_is_no_layer(self):
        self.assert_caught("src/util/a.c", "",
                           "src/util/a.c:1: lies in no layer known to "
                           "tools/check-layers")

    def test_a_public_header_without_a_layer(self):
        self.assert_caught("include/tidysock/news.h", "",
                           "include/tidysock/news.h:1: lies in no layer known "
                           "to tools/check-layers")

    def test_impure_calls_in_core(self):
        for call, what in (
                ("clock_gettime(CLOCK_MONOTONIC, &now)", "a clock"),
                ("time (NULL)", "a clock"),
                ("getrandom(&seed, 8, 0)", "randomness"),
                ("rand()", "randomness"),
                ('getenv("HOME")', "the environment"),
                ("usleep(10)", "sleeping")):
            name = call[:call.index("(")].strip()
            found = self.check("src/core/a.c", f"void f(void)\n{{ {call}; }}\n")
            self.assertEqual(len(found), 1, call)
            self.assertIn(f"core uses {what}: {name}", found[0])

    def test_the_same_calls_elsewhere(self):
        self.assert_clean("src/fixture/a.c",
                          'void f(void) { getenv("HOME"); usleep(1); }\n')

    def test_the_same_calls_at_the_edge_of_a_world(self):
        text = "void f(void) { clock_gettime(1, 0); sleep(1); }\n"
        for name in "interpose_clock.c", "real.h", "program.c":
            self.assert_clean("src/sim/" + name, text)
        for path in "src/sim/unreal.c", "src/core/real.c":
            self.assertEqual(len(self.check(path, text)), 2)

    def test_words_that_only_look_like_calls(self):
        self.assert_clean("src/core/a.c",
                          "/* time() and uv_run(loop) are not called */\n"
                          'const char *s = "getenv(x)";\n'
                          "int t = a->time(1) + b.random(2) + my_rand(3);\n")


if __name__ == "__main__":
    unittest.main()
