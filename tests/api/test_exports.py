#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_exports.py NM LIBRARY...: what each library exports is what its public
headers declare with TIDY_API; nothing more, nothing less.

libtidysock-sim, the shared library or the object file, also answers names of
the C library: those in src/sim/exports.list. Each of them must be one that the
C library exports, too.
"""

import glob
import os
import re
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
INCLUDE = os.path.join(ROOT, "include", "tidysock")
SIM_LIST = os.path.join(ROOT, "src", "sim", "exports.list")

# The headers of libraries other than libtidysock.
SIM_HEADERS = {"sim.h", "explore.h"}

# What only a library that is preloaded may answer.
SHARED_ONLY = {"__libc_start_main"}


def declared_in(path):
    names = set()
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    text = re.sub(r"^#(?:.*\\\n)*.*$", "", text, flags=re.M)
    for declaration in re.findall(r"\bTIDY_API\b([^;]*);", text):
        function = re.search(r"\b(tidy_\w+)\s*\(", declaration)
        variable = re.search(r"\b(\w+)\s*(?:\[[^\]]*\])?\s*$", declaration)
        names.add((function or variable).group(1))
    return names


def declared_names(is_sim):
    names = set()
    for path in glob.glob(os.path.join(INCLUDE, "**/*.h"), recursive=True):
        if (os.path.relpath(path, INCLUDE) in SIM_HEADERS) == is_sim:
            names |= declared_in(path)
    return names


def exported_names(nm, library):
    dynamic = [] if library.endswith(".o") else ["-D"]
    output = subprocess.run(
        [nm, *dynamic, "-g", "--defined-only", "-P", library],
        check=True, capture_output=True, text=True).stdout
    names = {line.split()[0].split("@")[0] for line in output.splitlines()}
    # The sanitizers' own.
    return {name for name in names if not name.startswith("__odr_asan.")}


def libc_names(nm):
    with open("/proc/self/maps", encoding="utf-8") as file:
        path = re.search(r"/\S*/libc\.so\.6$", file.read(), re.M).group()
    return exported_names(nm, path)


def listed_names(nm):
    """The C library's names that libtidysock-sim answers, and complaints."""
    with open(SIM_LIST, encoding="utf-8") as file:
        names = [line.strip() for line in file
                 if line.strip() and not line.startswith("#")]
    complaints = [f"listed twice: {name}"
                  for name in sorted(set(names)) if names.count(name) > 1]
    ours = {name for name in names if name.startswith("tidy")}
    complaints += [f"in one of exports.list and the headers: {name}"
                   for name in sorted(ours ^ declared_names(True))]
    complaints += [f"listed, but not the C library's: {name}"
                   for name in sorted(set(names) - ours - libc_names(nm))]
    return set(names) - ours, complaints


def check(nm, library):
    is_sim = "libtidysock-sim" in os.path.basename(library)
    declared = declared_names(is_sim)
    exported = exported_names(nm, library)
    answered, complaints = listed_names(nm) if is_sim else (set(), [])
    if library.endswith(".o"):
        answered -= SHARED_ONLY
    complaints += [f"not exported: {name}"
                   for name in sorted((declared | answered) - exported)]
    complaints += [f"exported, but neither declared nor listed: {name}"
                   for name in sorted(exported - declared - answered)]
    complaints += [f"not a name of ours to export: {name}"
                   for name in sorted(exported - answered)
                   if not name.startswith("tidy_") or name.startswith("tidy__")]
    for complaint in complaints:
        print(f"{library}: {complaint}")
    print(f"{library}: {len(declared)} declared, {len(answered)} answered, "
          f"{len(exported)} exported")
    return bool(declared) and not complaints


def main():
    results = [check(sys.argv[1], library) for library in sys.argv[2:]]
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
