# SPDX-License-Identifier: Apache-2.0
"""What OPERATIONS.md says of log lines and of other programs' files, for manual.sh.

events FILE...  the events that these sources write, one a line; "?FILE" where one cannot be seen
page FILE       those of its table
yaml FILE...    is each block that is called yaml one, with commands that sh can read?"""
import re
import subprocess
import sys

# Functions that write a line, and which of their arguments is its event.
WRITERS = {"pdg_log": 1, "pdg_log_error": 1, "write_line": 2, "say_once_a_minute": 1, "warn": 0}


def arguments(text, at):
    """Those of the call whose opening parenthesis is at `at`."""
    out, depth, begin, quoted = [], 0, at + 1, False
    for i in range(at, len(text)):
        c = text[i]
        if c == '"' and text[i - 1] != "\\":
            quoted = not quoted
        elif quoted:
            continue
        elif c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
        if (c == "," and depth == 1) or depth == 0:
            out.append(text[begin:i])
            begin = i + 1
            if depth == 0:
                return out
    return out


def events(files):
    for name in files:
        text = open(name, encoding="utf-8").read()
        for call in re.finditer(r"(?<![a-z_])(%s)\(" % "|".join(WRITERS), text):
            given = arguments(text, call.end() - 1)
            what = given[WRITERS[call[1]]].strip()
            words = re.findall(r'"([a-z-]+)"', what)
            # The body of one of these functions hands its own argument on.
            if not words and what not in ("event", "const char *event"):
                words = ["?" + name]
            print(*words, sep="\n", end="\n" if words else "")


def page(name):
    table = False
    for line in open(name, encoding="utf-8"):
        table = line.startswith("| event |") or (table and line.startswith("|"))
        if table:
            print("".join(w + "\n" for w in re.findall(r"`([a-z-]+)`", line.split("|")[1])), end="")


def commands(value):
    """Of a job, every command for a shell."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("run", "script"):
                yield from inner if isinstance(inner, list) else [inner]
            else:
                yield from commands(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from commands(inner)


def check_yaml(files):
    import yaml

    checked = 0
    for name in files:
        for block in re.findall(r"^```yaml\n(.*?)^```$", open(name, encoding="utf-8").read(), re.M | re.S):
            for command in commands(yaml.safe_load(block)):
                if not isinstance(command, str):
                    sys.exit(f"{name}: a command is no text: {command}")
                if subprocess.run(["sh", "-n", "-c", command], check=False).returncode:
                    sys.exit(f"{name}: sh cannot read: {command}")
                checked += 1
    print(checked)


if sys.argv[1] == "events":
    events(sys.argv[2:])
elif sys.argv[1] == "page":
    page(sys.argv[2])
else:
    check_yaml(sys.argv[2:])
