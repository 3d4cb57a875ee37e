#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_discover_tests.py CMAKE WORK: tidysock_discover_tests() of our CMake
module, on programs that stand in for those of the cmocka adapter."""

import os
import shutil
import subprocess
import sys
import textwrap
import unittest

CMAKE, WORK = sys.argv.pop(1), sys.argv.pop(1)
CTEST = os.path.join(os.path.dirname(CMAKE), "ctest")
HERE = os.path.dirname(os.path.abspath(__file__))
MODULE = os.path.join(HERE, "..", "..", "cmake", "TidysockCmocka.cmake")

# Answers --list with its names; `--exact NAME` does what the name begins with.
PROGRAM = r"""
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <unistd.h>

    static const char *const names[] = { @NAMES@ NULL };

    int main(int argc, char **argv)
    {
        int idx;

        if (argc == 2 && strcmp(argv[1], "--list") == 0) {
            for (idx = 0; names[idx]; idx++)
                puts(names[idx]);
            return @LIST_STATUS@;
        }
        if (argc != 3 || strcmp(argv[1], "--exact") != 0)
            return 2;
        if (strncmp(argv[2], "hang", 4) == 0)
            pause();
        if (strncmp(argv[2], "env", 3) == 0)
            return !getenv("COLOUR") || strcmp(getenv("COLOUR"), "blue");
        return strncmp(argv[2], "pass", 4) != 0;
    }
"""

PROJECT = """
    cmake_minimum_required(VERSION 3.25)
    project(discover LANGUAGES C)
    enable_testing()
    include({module})
    add_executable(program program.c)
    tidysock_discover_tests(program {arguments})
"""


class DiscoverTests(unittest.TestCase):
    def setUp(self):
        self.root = os.path.join(WORK, self.id().rsplit(".", 1)[1])
        shutil.rmtree(self.root, ignore_errors=True)
        os.makedirs(self.root)

    def write(self, name, text):
        with open(os.path.join(self.root, name), "w", encoding="utf-8") as file:
            file.write(textwrap.dedent(text))

    def run_tool(self, *command, **environment):
        return subprocess.run(command, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env={**os.environ, **environment})

    def make(self, names, arguments="", list_status=0, is_built=True,
             generator="Ninja"):
        """Write and build a project whose program has tests of these names."""
        quoted = "".join(f'"{name}",' for name in names)
        program = PROGRAM.replace("@NAMES@", quoted)
        program = program.replace("@LIST_STATUS@", str(list_status))
        self.write("program.c", program)
        self.write("CMakeLists.txt",
                   PROJECT.format(module=MODULE, arguments=arguments))
        self.build = os.path.join(self.root, "build")
        steps = [(CMAKE, "-S", self.root, "-B", self.build, "-G", generator,
                  "-DCMAKE_BUILD_TYPE=Debug")]
        if is_built:
            steps.append((CMAKE, "--build", self.build))
        for step in steps:
            result = self.run_tool(*step)
            self.assertEqual(result.returncode, 0, result.stdout)

    def ctest(self, *arguments, **environment):
        """Run the tests; return {name: verdict} and the whole output."""
        result = self.run_tool(CTEST, "--test-dir", self.build,
                               "--output-on-failure", *arguments, **environment)
        verdicts = {}
        for line in result.stdout.splitlines():
            # "1/2 Test #1: program.pass[tcp] ......   Passed    0.00 sec"
            _, mark, rest = line.partition("Test #")
            if mark and " ." in rest:
                name, _, verdict = rest.partition(": ")[2].partition(" .")
                verdict = verdict.strip(".* ").split("  ")[0].strip("* ")
                verdicts[name] = verdict
        return verdicts, result.stdout

    def test_each_test_by_itself(self):
        self.make(["pass_a[tcp]", "fail_b[unix]", "pass c; d"])
        verdicts, output = self.ctest()
        self.assertEqual(verdicts, {"program.pass_a[tcp]": "Passed",
                                    "program.fail_b[unix]": "Failed",
                                    "program.pass c; d": "Passed"}, output)

    def test_a_hang_costs_only_itself(self):
        self.make(["hang", "pass"], "TIMEOUT 1")
        verdicts, output = self.ctest()
        self.assertEqual(verdicts["program.hang"], "Timeout", output)
        self.assertEqual(verdicts["program.pass"], "Passed", output)

    def test_prefix_properties_launcher(self):
        self.make(["env"], 'PREFIX "my." LAUNCHER env COLOUR=blue '
                  "PROPERTIES LABELS slow")
        verdicts, output = self.ctest("-L", "slow")
        self.assertEqual(verdicts, {"my.env": "Passed"}, output)

    def test_a_program_that_has_changed_is_asked_again(self):
        self.make(["pass_a"])
        self.ctest()
        self.make(["pass_b"])
        verdicts, output = self.ctest()
        self.assertEqual(verdicts, {"program.pass_b": "Passed"}, output)

    def test_no_test_is_a_failure(self):
        self.make([])
        verdicts, output = self.ctest()
        self.assertEqual(verdicts, {"program.list": "Failed"})
        self.assertIn("names no test", output)

    def test_a_list_that_fails_is_a_failure(self):
        self.make(["pass"], list_status=3)
        verdicts, output = self.ctest()
        self.assertEqual(verdicts, {"program.list": "Failed"})
        self.assertIn("--list failed (3)", output)

    def test_a_program_not_built_is_a_failure(self):
        self.make(["pass"], is_built=False)
        verdicts, output = self.ctest()
        self.assertEqual(verdicts, {"program.list": "Failed"})
        self.assertIn("program has not been built", output)

    def test_the_environment_scales_the_time_limit(self):
        self.make(["pass"])
        _, output = self.ctest("--show-only=json-v1",
                               TIDYSOCK_TIMEOUT_MULTIPLIER="3")
        self.assertIn('"value" : 180.0', output)

    def test_several_configurations(self):
        self.make(["pass"], generator="Ninja Multi-Config")
        verdicts, output = self.ctest("-C", "Debug")
        self.assertEqual(verdicts, {"program.pass": "Passed"}, output)

    def test_misuse_is_said(self):
        self.write("program.c", "int main(void) { return 0; }\n")
        self.write("CMakeLists.txt", PROJECT.format(
            module=MODULE, arguments="LIMIT 3"))
        result = self.run_tool(CMAKE, "-S", self.root, "-B",
                               os.path.join(self.root, "build"))
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("unknown: LIMIT", result.stdout)


if __name__ == "__main__":
    unittest.main()
