#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make endpoints.inc, a table in C, of endpoints.json; with --check, see that it
is the one that would be made.

endpoints.json holds descriptions, and what Twisted 22.4 makes of them.
"""

import ast
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent

KINDS = {
    "TCP4ServerEndpoint": "TIDY_ENDPOINT_TCP",
    "TCP6ServerEndpoint": "TIDY_ENDPOINT_TCP6",
    "UNIXServerEndpoint": "TIDY_ENDPOINT_UNIX",
    "TCP4ClientEndpoint": "TIDY_ENDPOINT_TCP",
    "UNIXClientEndpoint": "TIDY_ENDPOINT_UNIX",
}

# What Twisted refuses, but we do not.
OURS = {"tcp6:h:80"}


def text(value):
    """A C string."""
    if value is None:
        return "NULL"
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def nanoseconds(value):
    return f"TIDY_S({value})"


def host_of(value):
    return text(value[0] if value else None)


def flag(value):
    return "true" if value else "false"


# Twisted's names: our member, and how its value is written.
MEMBERS = {
    "interface": ("host", text),
    "host": ("host", text),
    "port": ("port", str),
    "address": ("path", text),
    "path": ("path", text),
    "bindAddress": ("bind_address", host_of),
    "backlog": ("backlog", str),
    "mode": ("mode", oct),
    "wantPID": ("has_lockfile", flag),
    "checkPID": ("has_lockfile", flag),
    "timeout": ("timeout_ns", nanoseconds),
}


def members_of(entry):
    """The initializers of an endpoint."""
    yield f".kind = {KINDS[entry['class']]}"
    for name, value in entry["fields"].items():
        member, write = MEMBERS[name]
        written = write(ast.literal_eval(value))
        yield f".{member} = {written.replace('0o', '0')}"


def is_kind_of_ours(description, is_server):
    kind = description.split(":")[0]
    if is_server:
        return kind in ("tcp", "unix") or kind.lower() == "tcp6"
    return kind.lower() in ("tcp", "unix")


def row(description, entry, is_server):
    cells = [text(description)]
    if entry.get("class") in KINDS:
        members = [f".is_server = {flag(is_server)}", *members_of(entry)]
        cells += ["0", "{ " + ", ".join(members) + " }"]
    elif is_kind_of_ours(description, is_server):
        cells += ["TIDY_EDESCRIPTION", "{ 0 }"]
    else:
        cells += ["TIDY_EUNSUPPORTED", "{ 0 }"]
    return "    { " + ", ".join(cells) + " },\n"


def table(name, entries, is_server):
    yield f"static const struct row {name}[] = {{\n"
    for description, entry in entries.items():
        if description not in OURS:
            yield row(description, entry, is_server)
    yield "};\n"


def quotes(entries):
    yield "static const struct quote quotes[] = {\n"
    for plain, quoted in entries.items():
        yield f"    {{ {text(plain)}, {text(quoted)} }},\n"
    yield "};\n"


def generate():
    data = json.loads((HERE / "endpoints.json").read_text())
    yield "/* SPDX-License-Identifier: MIT */\n"
    yield "/* Made of endpoints.json by endpoints.py. */\n"
    yield from table("servers", data["serverFromString"], True)
    yield from table("clients", data["clientFromString"], False)
    yield from quotes(data["quoteStringArgument"])


def main():
    made = "".join(generate())
    path = HERE / "endpoints.inc"
    if sys.argv[1:] == ["--check"]:
        if path.read_text() != made:
            sys.exit("endpoints.inc is out of date: run endpoints.py")
    else:
        path.write_text(made)


if __name__ == "__main__":
    main()
