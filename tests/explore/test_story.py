#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_story.py STORY GOLDEN [--update]: the story, told by exploration.

Explores the two published clean-ups and ours (story.c) in each situation, on both
profiles and transports, completely for two departures, and holds what is found,
and how many schedules there are, against a golden file: each line is a way in
which it hangs or leaves something behind.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

WORDS = "all=1 complete=1 kinds=orders departures=2 faults=0"


def explore(story, name, profile, directory):
    """The output of exploring one test."""
    environment = dict(os.environ)
    environment.pop("TIDYSOCK_EXPLORE", None)
    run = subprocess.run(
        [story, "--profile", profile, "--exact", name,
         f"--explore={WORDS} reports={directory}"],
        capture_output=True, text=True, env=environment, timeout=300,
        check=False)
    return run.stdout + run.stderr


def schedules(output, name):
    """How many it was complete with."""
    match = re.search(r"complete for d <= 2: ([0-9,]+) schedules", output)
    if not match:
        sys.exit(f"{name} is not complete:\n{output}")
    return match.group(1)


def summary(lines):
    """What a failure says, without places and numbers."""
    words = []
    for line in lines:
        what = re.search(r'deferred +"([^"]+)"', line)
        socket = re.search(r"(tcp|unix) socket.*(accepted|connected)", line)
        if what and what.group(1) != "gathered deferreds":
            words.append(f"waits for {what.group(1)}")
        elif socket and "waiting for" not in lines[0]:
            words.append(f"{socket.group(2)} {socket.group(1)} socket")
    return ", ".join(sorted(set(words))) or lines[0].strip()


def found(directory):
    """Each failure that was found, by its report of JSON lines."""
    failures = set()
    for entry in sorted(os.listdir(directory)):
        if not entry.endswith(".jsonl"):
            continue
        with open(os.path.join(directory, entry), encoding="utf-8") as report:
            head = json.loads(report.readline())
        text = head["text"].split("\n")
        kind = "leaves" if "left behind" in head["text"] else "hangs"
        failures.add(f"{kind}: {summary(text)}")
    return sorted(failures)


def names(story):
    """All tests of the program."""
    run = subprocess.run([story, "--list"], capture_output=True, text=True,
                         check=True)
    return run.stdout.split()


def tell(story):
    """All of it, as text."""
    lines = []
    for name in names(story):
        for profile in ("linux", "darwin"):
            with tempfile.TemporaryDirectory() as directory:
                output = explore(story, name, profile, directory)
                failures = found(directory)
            count = schedules(output, name)
            lines.append(f"{name} {profile}: {count} schedules, "
                         f"{'clean' if not failures else 'fails'}")
            lines += [f"    {failure}" for failure in failures]
    return "\n".join(lines) + "\n"


def main():
    story, golden = sys.argv[1:3]
    told = tell(story)
    if "--update" in sys.argv[3:]:
        with open(golden, "w", encoding="utf-8") as file:
            file.write(told)
        return
    with open(golden, encoding="utf-8") as file:
        expected = file.read()
    if told != expected:
        sys.exit(f"The story is another one:\n{told}\nIt was\n{expected}")
    if re.search(r"^tidy\..*fails", told, re.MULTILINE):
        sys.exit("ours fails")


if __name__ == "__main__":
    main()
