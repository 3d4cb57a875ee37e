#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_readme.py WORK LIBRARY CC [FLAG...]: the programs in README.md compile
without a warning and pass, and are those in examples/. A program is a block
marked <!-- program: NAME -->; examples/NAME.c begins with a comment more."""

import os
import re
import subprocess
import sys

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PROGRAM = re.compile(r"<!-- program: ([\w-]+) -->\n```c\n(.*?)^```$",
                     re.S | re.M)


def pkg_config(*arguments):
    return subprocess.run(["pkg-config", *arguments], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.split()


def is_example(name, code):
    path = os.path.join(SOURCE, "examples", name + ".c")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    return text[text.index("#include"):] == code


def main():
    work, library, compiler = sys.argv[1:4]
    directory = os.path.dirname(library)
    with open(os.path.join(SOURCE, "README.md"), encoding="utf-8") as file:
        text = file.read()
    programs = PROGRAM.findall(text)
    if len(programs) != len(re.findall("<!-- program:", text)) or not programs:
        print("a program is marked but not found")
        return 1
    os.makedirs(work, exist_ok=True)
    for name, code in programs:
        if not is_example(name, code):
            print(f"{name}: differs from examples/{name}.c")
            return 1
        program = os.path.join(work, name)
        with open(program + ".c", "w", encoding="utf-8") as file:
            file.write(code)
        subprocess.run(
            [compiler, *sys.argv[4:], "-Wall", "-Wextra", "-Wpedantic",
             "-Werror", "-I", os.path.join(SOURCE, "include"),
             "-o", program, program + ".c", library,
             "-Wl,-rpath," + directory,
             *pkg_config("--cflags", "--libs", "libuv", "cmocka")], check=True)
        print(f"{name}: compiled", flush=True)
        subprocess.run([program], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
