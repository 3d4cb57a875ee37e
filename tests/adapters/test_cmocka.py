#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_cmocka.py DIRECTORY [--update]: the cmocka adapter's conformance test.

Runs the programs in DIRECTORY, whose tests end in every way in which a test can
end, each as a process of its own, and compares all that they say with golden/:
verdict, exit code, what a person reads and what a machine reads. --update
writes golden/ anew; look at the difference before you believe it.
"""

import multiprocessing.pool
import os
import re
import resource
import signal
import subprocess
import sys
import unittest
import xml.etree.ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
GOLDEN = os.path.join(HERE, "golden")
PROGRAMS = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else ""
IS_UPDATE = "--update" in sys.argv
if IS_UPDATE:
    sys.argv.remove("--update")

FORMATS = ["standard", "tap", "xml", "subunit"]
TIME_LIMIT = 60

# A loop that was given up is left in memory.
MAY_LEAVE_MEMORY = re.compile(
    r"cmocka_group|cmocka_worlds|raw_callback|mocks_nothing|crashes|aborts")


def no_core():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def environment(command, **extra):
    env = {name: value for name, value in os.environ.items()
           if not name.startswith(("CMOCKA_", "TIDYSOCK_"))}
    if MAY_LEAVE_MEMORY.search(" ".join(command)):
        env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    # cmocka allocates in its handler of SIGSEGV.
    env["TSAN_OPTIONS"] = (env.get("TSAN_OPTIONS", "")
                           + ":report_signal_unsafe=0")
    env.update(extra)
    return env


def run(program, *arguments, **extra):
    """The exit code (negative: a signal) and everything that was written."""
    command = [os.path.join(PROGRAMS, program), *arguments]
    result = subprocess.run(command, env=environment(command, **extra),
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, timeout=TIME_LIMIT,
                            preexec_fn=no_core, check=False)
    return result.returncode, result.stdout.decode(errors="replace")


def run_test(name, output):
    extra = {"TIDYSOCK_WATCHDOG": "1"} if name.startswith("hangs") else {}
    return run("cmocka_cases", "--exact", name, "--output", output, **extra)


def read_marks():
    """{"file.c:12": "file.c:@name"} for each line with a mark."""
    marks = {}
    for folder in (HERE, os.path.join(HERE, "shared")):
        for name in os.listdir(folder):
            if not name.endswith(".c"):
                continue
            path = os.path.join(folder, name)
            with open(path, encoding="utf-8") as file:
                for number, line in enumerate(file, 1):
                    mark = re.search(r"/\* (@\w+) \*/", line)
                    if mark:
                        marks[f"{name}:{number}"] = f"{name}:{mark.group(1)}"
    return marks


MARKS = read_marks()


def mask(text):
    """What differs from run to run, and from machine to machine, is masked. A
    line number without a mark stays: it is one that nobody meant."""
    text = re.sub(r"[^\s\[]*/(\w+\.c:\d+)", r"\1", text)
    text = re.sub(r"\w+\.c:\d+", lambda m: MARKS.get(m.group(), m.group()), text)
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
    text = re.sub(r"\+0x[0-9a-f]+", "+OFFSET", text)
    text = re.sub(r"due in (3599\.\d|3600\.0) s", "due in an hour", text)
    text = re.sub(r"/\S*/tidysock-[^/\s]+/\w+", "PRIVATE_PATH", text)
    text = re.sub(r"/tmp/tidysock-world-\d+-s\d+", "WORLDS_PATH", text)
    text = re.sub(r"(?<=\S) {2,}", "  ", text)
    text = re.sub(r'time="\d+\.\d+"', 'time="T"', text)
    return text


def describe(code):
    if code < 0:
        return f"ended by {signal.Signals(-code).name}"
    return f"exit code {code}"


def compare(test, name, text):
    path = os.path.join(GOLDEN, name)
    if IS_UPDATE:
        os.makedirs(GOLDEN, exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    with open(path, encoding="utf-8") as file:
        expected = file.read()
    test.maxDiff = None
    test.assertMultiLineEqual(text, expected)


class Cases(unittest.TestCase):
    """Each test by itself, under the adapter's main function."""

    @classmethod
    def setUpClass(cls):
        code, text = run("cmocka_cases", "--list")
        assert code == 0, text
        cls.names = text.splitlines()
        wanted = [(name, output) for output in FORMATS for name in cls.names]
        with multiprocessing.pool.ThreadPool() as pool:
            endings = pool.starmap(run_test, wanted)
        cls.endings = dict(zip(wanted, endings))

    def check_golden(self, output):
        parts = []
        for name in self.names:
            code, text = self.endings[name, output]
            parts.append(f"==== {name}: {describe(code)}\n{mask(text)}")
            if not text.endswith("\n"):
                parts.append("\n")
        compare(self, f"cmocka_{output}.txt", "".join(parts))

    def test_standard_output(self):
        self.check_golden("standard")

    def test_tap(self):
        self.check_golden("tap")

    def test_xml(self):
        self.check_golden("xml")

    def test_subunit(self):
        self.check_golden("subunit")

    def test_exit_codes_do_not_depend_on_the_output(self):
        for name in self.names:
            codes = {self.endings[name, output][0] for output in FORMATS}
            self.assertEqual(len(codes), 1, (name, codes))

    def test_the_seven(self):
        for name, code in [("passes[tcp]", 0), ("passes[unix]", 0),
                           ("fails_in_body[tcp]", 1),
                           ("fails_in_callback[tcp]", 1),
                           ("waits_for_ever[tcp]", 1), ("leaks[tcp]", 1),
                           ("hangs[tcp]", 124), ("crashes[tcp]", 1),
                           ("aborts[tcp]", -signal.SIGABRT)]:
            self.assertEqual(self.endings[name, "standard"][0], code, name)

    def test_every_verdict_is_the_same_for_machines(self):
        for name in self.names:
            code, text = self.endings[name, "tap"]
            verdict = re.search(r"^(ok|not ok) 1\b(.* # SKIP| # SKIP)?", text,
                                re.M)
            if code == 0:
                self.assertEqual(verdict.group(1), "ok", name)
            elif code == 77:
                self.assertIn("# SKIP", verdict.group(), name)
            elif code == 1:
                self.assertEqual(verdict.group(1), "not ok", name)
            else:
                self.assertIsNone(verdict, name)

    def test_xml_can_be_read(self):
        for name in self.names:
            code, text = self.endings[name, "xml"]
            at = text.find("<?xml")
            if code < 0:
                self.assertEqual(at, -1, name)
                continue
            suite = xml.etree.ElementTree.fromstring(
                text[at:].strip().encode()).find("testsuite")
            self.assertEqual(suite.get("name"), "cmocka_cases")
            case = suite.find("testcase")
            self.assertEqual(case.get("name"), name)
            bad = {child.tag for child in case}
            self.assertEqual(bad, {0: set(), 1: {"failure"}, 77: {"skipped"},
                                   124: {"error"}}[code], name)


class Group(unittest.TestCase):
    """Our tests in a cmocka group of somebody else's."""

    def test_standard_output(self):
        code, text = run("cmocka_group")
        compare(self, "cmocka_group.txt", f"{describe(code)}\n{mask(text)}")

    def test_tap(self):
        code, text = run("cmocka_group", "tap")
        compare(self, "cmocka_group_tap.txt",
                f"{describe(code)}\n{mask(text)}")

    def test_all_that_should_pass_passes(self):
        """Whatever failed before them."""
        _, text = run("cmocka_group", "tap")
        verdicts = re.findall(r"^(ok|not ok) \d+ - (.*)$", text, re.M)
        others = {verdict for verdict, name in verdicts
                  if name in ("passes", "passes[unix]", "knows_the_group")}
        self.assertEqual(others, {"ok"}, text)


@unittest.skipUnless(os.path.exists(os.path.join(PROGRAMS, "cmocka_worlds")),
                     "there is no shared library to run worlds with")
class Worlds(unittest.TestCase):
    """The same tests in a simulated kernel."""

    @staticmethod
    def run_orders(name, *arguments):
        return run("cmocka_orders", "--exact", name, *arguments)

    @staticmethod
    def run_in_world(name):
        return run("cmocka_worlds", "--world", "--exact", name)

    def test_every_ending(self):
        code, text = run("cmocka_worlds", "--list")
        # One that hangs is told from one that thinks by ten seconds of waiting.
        names = [name for name in text.splitlines() if "hangs" not in name]
        self.assertEqual(code, 0)
        with multiprocessing.pool.ThreadPool() as pool:
            endings = pool.map(self.run_in_world, names)
        parts = [f"==== {name}: {describe(code)}\n{mask(text)}\n"
                 for name, (code, text) in zip(names, endings)]
        compare(self, "cmocka_worlds.txt", "".join(parts))

    def test_an_order_is_found_and_found_again(self):
        code, text = self.run_orders("gets_all_at_once[tcp]", "--seeds", "200")
        self.assertEqual(code, 1, text)
        again = re.search(r"again: cmocka_orders (.*)", text).group(1)
        again = again.replace("'", "").replace(" --trace", "").split()
        self.assertIn("--seed", again)
        code, once_more = run("cmocka_orders", *again)
        self.assertEqual(code, 1, once_more)
        self.assertEqual(once_more, text)

    def test_a_trace_is_printed(self):
        code, text = self.run_orders("gets_all_in_any_order[tcp]", "--trace")
        self.assertEqual(code, 0, text)
        self.assertRegex(text, r"\n0\.\d+ connect\(\d+\) = ")

    def test_any_order_passes(self):
        for name in ["gets_all_in_any_order[tcp]",
                     "gets_all_in_any_order[unix]"]:
            self.assertEqual(self.run_orders(
                name, "--seeds", "200", "--profile", "both")[0], 0)

    def test_only_what_is_chosen_departs(self):
        self.assertEqual(self.run_orders(
            "gets_all_at_once[tcp]", "--seeds", "200", "--kinds",
            "order,accept,timer")[0], 0)

    def test_what_a_test_says_of_itself_is_heeded(self):
        self.assertEqual(self.run_orders(
            "gets_all_at_once_when_calm[tcp]", "--seeds", "200")[0], 0)
        self.assertEqual(self.run_orders(
            "gets_all_at_once_on_linux[tcp]", "--profile", "darwin",
            "--seeds", "200")[0], 0)
        self.assertEqual(self.run_orders(
            "gets_all_at_once_on_linux[tcp]", "--seeds", "200")[0], 1)
        self.assertNotIn("has_a_child", run("cmocka_orders", "--world",
                                            "--list")[1])
        self.assertIn("has_a_child", run("cmocka_orders", "--list")[1])
        code, text = self.run_orders("has_a_child", "--world")
        self.assertEqual(code, 1)
        self.assertIn("does not model fork", text)

    def test_the_warm_up_gives_no_verdict(self):
        self.assertEqual(self.run_orders("fails_in_a_world_only")[0], 0)
        self.assertEqual(self.run_orders("fails_in_a_world_only",
                                         "--world")[0], 1)

    def test_wrong_options(self):
        for arguments, words in [
                (["--seed", "0"], r'--seed is a whole number from 1 on, not "0"'),
                (["--seeds", "many"], r'--seeds is a whole number .*"many"'),
                (["--profile", "plan9"], r'linux, darwin or both, not "plan9"'),
                (["--kinds", "order,odd"], r'no kind of choice "odd"')]:
            code, text = run("cmocka_orders", *arguments)
            self.assertEqual(code, 2, text)
            self.assertRegex(text, words)
        code, text = run("cmocka_cases", "--world")
        self.assertEqual(code, 2)
        self.assertIn("without tidysock/adapters/cmocka_world.h", text)

    def test_help_has_the_options(self):
        text = run("cmocka_orders", "--help")[1]
        for word in ["--world", "--seeds N", "--seed N", "--kinds LIST",
                     "--profile NAME", "--trace"]:
            self.assertIn(word, text)
        self.assertLess(max(len(line) for line in text.splitlines()), 80)
        self.assertNotIn("--world", run("cmocka_cases", "--help")[1])


class Options(unittest.TestCase):
    def ran(self, *arguments, **extra):
        """The names of the tests that were run."""
        _, text = run("cmocka_cases", "--output=tap", *arguments, **extra)
        return re.findall(r"^(?:ok|not ok) \d+ - (.*)$", text, re.M)

    def check(self, expected_code, pattern, program, *arguments, **extra):
        code, text = run(program, *arguments, **extra)
        self.assertEqual(code, expected_code, text)
        self.assertRegex(text, pattern)
        return text

    def test_list_has_one_name_a_line(self):
        code, text = run("cmocka_cases", "--list")
        names = text.splitlines()
        self.assertEqual(code, 0)
        self.assertEqual(names[:3], ["passes[tcp]", "passes[unix]",
                                     "fails_in_body[tcp]"])
        self.assertIn("mocks", names)
        self.assertEqual(len(names), len(set(names)))

    def test_list_obeys_the_filter(self):
        code, text = run("cmocka_cases", "--list", "--filter", "passes*")
        self.assertEqual((code, text), (0, "passes[tcp]\npasses[unix]\n"))

    def test_exact_runs_one(self):
        self.assertEqual(self.ran("--exact", "passes[unix]"), ["passes[unix]"])

    def test_exact_is_no_pattern(self):
        self.check(2, r'there is no test "passes\*"; --list shows',
                   "cmocka_cases", "--exact", "passes*")

    def test_filter_takes_brackets_as_they_are(self):
        self.assertEqual(self.ran("--filter", "passes[?cp]"), ["passes[tcp]"])
        self.assertEqual(self.ran("--filter", "*e?pects_an_assertion[*"),
                         ["expects_an_assertion[tcp]"])

    def test_choices_add_up_in_the_programs_order(self):
        self.assertEqual(
            self.ran("-e", "mocks", "-f", "passes[t*", "-e", "passes[unix]"),
            ["passes[tcp]", "passes[unix]", "mocks"])

    def test_a_failure_among_others_is_exit_code_1(self):
        self.check(1, r"1 FAILED TEST", "cmocka_cases", "-f", "passes*",
                   "-f", "fails_in_body[tcp]")

    def test_a_skip_among_others_is_no_failure(self):
        self.check(0, r"2 SKIPPED TEST", "cmocka_cases", "-f", "skips[*",
                   "-e", "passes[tcp]")

    def test_no_match_is_an_error(self):
        self.check(2, r'no test matches "nothing\*"', "cmocka_cases",
                   "--filter", "nothing*")

    def test_wrong_options(self):
        self.check(2, r"(?s)unrecognized option '--wrong'.*Try 'cmocka_cases "
                   r"--help'", "cmocka_cases", "--wrong")
        self.check(2, r"Try 'cmocka_cases --help'", "cmocka_cases", "--exact")
        self.check(2, r'"passes\[tcp\]" is no option', "cmocka_cases",
                   "passes[tcp]")
        self.check(2, r'standard, tap, xml or subunit, not "html"',
                   "cmocka_cases", "--output", "html")

    def test_help_names_options_and_exit_codes(self):
        text = self.check(0, r"^usage: cmocka_cases \[OPTION\]",
                          "cmocka_cases", "--help")
        for word in ["--list", "--filter PATTERN", "--exact NAME", "--output",
                     "--version", "\n  0 ", "\n  1 ", "\n  2 ", "\n  77 ",
                     "\n  124 ", "TIDYSOCK_WATCHDOG"]:
            self.assertIn(word, text)
        self.assertLess(max(len(line) for line in text.splitlines()), 80)

    def test_version_is_the_projects(self):
        with open(os.path.join(ROOT, "CMakeLists.txt"), encoding="utf-8") as f:
            version = re.search(r"^\s*VERSION (\S+)", f.read(), re.M).group(1)
        self.assertEqual(run("cmocka_cases", "--version"),
                         (0, f"tidysock {version}\n"))

    def test_a_wrong_multiplier_fails_the_test(self):
        self.check(1, r"passes\[tcp\]: tidy_case_begin: "
                   r"the environment.s TIDYSOCK_TIMEOUT_MULTIPLIER must be a whole number",
                   "cmocka_cases", "--exact", "passes[tcp]",
                   TIDYSOCK_TIMEOUT_MULTIPLIER="fast")

    def test_cmockas_own_variable_rules(self):
        code, text = run("cmocka_cases", "-e", "leaks[tcp]",
                         CMOCKA_MESSAGE_OUTPUT="tap")
        self.assertEqual(code, 1)
        self.assertIn("\n# leaks[tcp]: left behind\n", text)

    def test_tables_that_are_refused(self):
        self.check(0, r"ok 1 - passes\n", "cmocka_tables", "0", "-o", "tap")
        self.check(2, r"two tests passes\[unix\]", "cmocka_tables", "1")
        for number in "234":
            self.check(2, r"has no name, no body or an unknown transport",
                       "cmocka_tables", number)
        self.check(2, r"there are no tests", "cmocka_tables", "5")


if __name__ == "__main__":
    unittest.main()
