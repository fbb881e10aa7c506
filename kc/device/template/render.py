# SPDX-License-Identifier: GPL-2.0-or-later
"""Fills in templates: {"context": {...}, "templates": {FILE: TEXT}} on stdin,
{FILE: TEXT} on stdout. They are Jinja's, where C's braces need no escape.
FILEs that begin with '_' are pieces of others.

A name may be short or long, so lines of C are broken here: what stands in
parentheses or braces is joined, and folded at 80 columns, aligned to where it
opens, as both checkpatches ask.
"""
import json
import re
import sys

try:
    import jinja2
except ImportError:
    sys.exit("python3 has no jinja2: install the package python3-jinja2")

WIDTH = 80
# Strings and characters stay whole.
TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|.', re.S)


def tokens(text):
    return TOKEN.findall(text)


def depth(text):
    count = 0
    for token in tokens(text):
        count += (token == "(") - (token == ")")
    return count


def width(text):
    return len(text.expandtabs(8))


def opened(text, stack):
    """The columns behind the parentheses that are open at the end of @text."""
    stack = list(stack)
    column = 0
    for token in tokens(text):
        column = (column // 8 + 1) * 8 if token == "\t" else column + len(token)
        if token == "(":
            stack.append(column)
        elif token == ")" and stack:
            stack.pop()
    return stack


def breaks(text):
    """Where a line may end: behind a comma or an operator, before ? and :,
    and between two strings."""
    at = 0
    for token in tokens(text):
        at += len(token)
        if token == " ":
            before = text[: at - 1]
            if (re.search(r"(,|&&|\|\|)$", before) or re.match(r"[?:] ", text[at:])
                    or before.endswith('"') and text[at:].startswith('"')):
                yield at - 1


def indent(column, tabs):
    return "\t" * (column // 8) + " " * (column % 8) if tabs else " " * column


def fold(line, tabs):
    out, stack = [], []
    while width(line) > WIDTH:
        places = [at for at in breaks(line) if opened(line[:at], stack)]
        fits = [at for at in places if width(line[:at]) <= WIDTH]
        if not places:
            break
        # The outermost place, so that what belongs together stays together.
        at = min(fits or places[:1], key=lambda at: (len(opened(line[:at], stack)), -at))
        stack = opened(line[:at], stack)
        out.append(line[:at])
        line = indent(stack[-1], tabs) + line[at:].lstrip()
    return out + [line]


def is_code(line):
    text = line.strip()
    return text and not text.startswith(("*", "/*", "//", "#"))


def layout(text, tabs):
    out, pending = [], ""
    for line in text.split("\n"):
        if not pending and not is_code(line):
            out.append(line)
            continue
        pending = pending + " " + line.strip() if pending else line.rstrip()
        if depth(pending) > 0:
            continue
        out += fold(pending, tabs)
        pending = ""
    return "\n".join(out)


# Of a device that has a repository of its own
OUTSIDE = {
    "ci.sh": "ci.sh",
    "github.yml": ".github/workflows/test.yml",
    "gitlab.yml": ".gitlab-ci.yml",
}


def main():
    work = json.load(sys.stdin)
    environment = jinja2.Environment(
        loader=jinja2.DictLoader(work["templates"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    files = {}
    for name in work["templates"]:
        if name.startswith("_") or (name in OUTSIDE and not work["context"]["outside"]):
            continue
        text = environment.get_template(name).render(work["context"])
        if name in ("device.c", "driver.c", "pci.c"):
            text = layout(text, tabs=name == "driver.c")
        files[OUTSIDE.get(name, name)] = text
    json.dump(files, sys.stdout)


main()
