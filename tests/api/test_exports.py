#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_exports.py NM LIBRARY: what the shared library exports is what the
public headers declare with TIDY_API; nothing more, nothing less."""

import glob
import os
import re
import subprocess
import sys

INCLUDE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "..", "..", "include")


def declared_names():
    names = set()
    for path in glob.glob(os.path.join(INCLUDE, "**/*.h"), recursive=True):
        with open(path, encoding="utf-8") as file:
            text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
        text = re.sub(r"^#(?:.*\\\n)*.*$", "", text, flags=re.M)
        for declaration in re.findall(r"\bTIDY_API\b([^;]*);", text):
            function = re.search(r"\b(tidy_\w+)\s*\(", declaration)
            variable = re.search(r"\b(\w+)\s*(?:\[[^\]]*\])?\s*$", declaration)
            names.add((function or variable).group(1))
    return names


def exported_names(nm, library):
    output = subprocess.run([nm, "-D", "--defined-only", "-P", library],
                            check=True, capture_output=True, text=True).stdout
    names = set()
    for line in output.splitlines():
        name = line.split()[0]
        if not name.startswith("__odr_asan."):  # the sanitizer's own
            names.add(name)
    return names


def main():
    declared = declared_names()
    exported = exported_names(sys.argv[1], sys.argv[2])
    for name in sorted(declared - exported):
        print(f"declared, not exported: {name}")
    for name in sorted(exported - declared):
        print(f"exported, not declared: {name}")
    for name in sorted(exported):
        if not name.startswith("tidy_") or name.startswith("tidy__"):
            print(f"not a name of ours to export: {name}")
    print(f"{len(declared)} declared, {len(exported)} exported")
    return 0 if declared and declared == exported else 1


if __name__ == "__main__":
    sys.exit(main())
