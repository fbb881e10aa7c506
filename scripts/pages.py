#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Does what pages of Markdown tell their reader to do, in order, and holds the
outputs that they show against the real ones; page_read.py says how they are
marked. Prints TAP, a result a page; what differs is told as PAGE:LINE.

usage: pages.py [--update] [--root DIR] FOLDER PAGE...
FOLDER is where the commands are run; PAGE and excerpts are looked for in --root
(default: the project). --update writes into the pages what was seen where that
differs; marks of what varies are kept in the lines that still hold. The status
is 0, 1 where a page is not true, and 77 where none could be followed.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys

from page_read import (ELLIPSIS, PageError, compare, excerpt_error, fences_of, hidden_command,
                       steps_of)
from page_shell import Host, ShellError, Terminal

# Of kc's the first time only; of the kernel's whenever its clock has settled.
NOTICES = re.compile(r"kc: this machine's first run|\[ *[0-9.]+\] (tsc|clocksource): ")
LIMIT = 120


def lines_of(text):
    """An output as a page shows it: without what comes at any time, or once."""
    lines = [line.rstrip() for line in text.replace("\r", "").split("\n")]
    lines = [line for line in lines if not NOTICES.match(line)]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def merged(expected, seen):
    """What was seen, but for lines of the page that still hold, with their marks."""
    lines = []
    at = 0
    for index, line in enumerate(expected):
        if line.strip() == ELLIPSIS:
            lines.append(line)
            while at < len(seen) and index + 1 < len(expected) and \
                    compare(expected[index + 1:index + 2], seen[at:at + 1]):
                at += 1
            at = len(seen) if index + 1 == len(expected) else at
        elif at < len(seen):
            lines.append(seen[at] if compare([line], [seen[at]]) else line)
            at += 1
    return lines + seen[at:]


class Page:
    """One page and the shells in which its commands are typed."""

    def __init__(self, name, root, folder, updating):
        self.name = name
        self.updating = updating
        self.root = root
        self.folder = folder
        self.env = {"KC_ROOT": root, **os.environ, "NO_COLOR": "1", "TERM": "dumb",
                    "COLUMNS": "80", "LC_ALL": "C.UTF-8"}
        self.host = Host(folder, self.env)
        self.terminal = None
        self.problems = []
        self.changes = []  # (step, lines seen)
        self.done = 0
        with open(os.path.join(root, name), encoding="utf-8") as file:
            self.text = file.read()

    def close(self):
        self.host.close()
        if self.terminal:
            self.terminal.close()

    def problem(self, line, *words):
        self.problems.append((line, words))

    def lacks(self, fence):
        """The program that a fence needs and this host has not, or None."""
        program = fence.words.get("needs")
        if not program or shutil.which(program):
            return None
        print(f"# {self.name}:{fence.line}: left out, as there is no {program} here")
        return program

    def elsewhere(self, step):
        """What a test does in the page's place: the test must know the command."""
        try:
            with open(os.path.join(self.root, step.elsewhere), encoding="utf-8") as file:
                text = file.read()
        except OSError as error:
            self.problem(step.line, f"{step.elsewhere}: {error.strerror}")
            return
        first, *rest = step.command.split("#")[0].replace("build/bin/kc", "").split()
        options = [word.split("=")[0] for word in rest if re.match("--[a-z]|[A-Z_]+=", word)]
        lost = [word for word in [first, *options[:1]] if word not in text]
        if lost:
            self.problem(step.line, f"{step.elsewhere} does not run this: it has no '{lost[0]}'")

    def excerpt(self, fence):
        try:
            with open(os.path.join(self.root, fence.source), encoding="utf-8") as file:
                wrong = excerpt_error(fence, file.read())
        except OSError as error:
            self.problem(fence.line, f"{fence.source}: {error.strerror}")
            return
        if wrong:
            self.problem(wrong[0], f"{fence.source} has no such line here:", wrong[1])

    def patch(self, step):
        made = subprocess.run(
            ["patch", "-p1", "-F0", "--no-backup-if-mismatch"], cwd=self.folder, text=True,
            input=step.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if made.returncode:
            self.problem(step.line, "the patch does not apply:", *made.stdout.split("\n"))

    def of_ours(self, command):
        """kc vq looks at this page's guest, whatever else runs on this host."""
        if not self.terminal:
            return command
        return re.sub(r"\bkc vq((?: --?[a-z]+(?: [^-| ][^| ]*)?)*)",
                      rf"kc vq\1 {self.terminal.process.pid}", command)

    def type_on_host(self, step, following):
        """On the host; where a guest's prompt is to follow, in a terminal."""
        seconds = float(step.fence.words.get("limit", LIMIT))
        opens = following and following.where == "guest" and not self.terminal
        if opens:
            self.terminal = Terminal(step.command, self.folder, self.env, seconds)
            if self.terminal.ended:
                raise ShellError("no guest's prompt came; it said: " + self.terminal.greeting)
            return self.terminal.greeting
        output, status = self.host.run(self.of_ours(step.command), seconds)
        wanted = int(step.fence.words.get("status", 0))
        if status != wanted:
            self.problem(step.line, f"expected status {wanted}, found {status}", step.command,
                         *lines_of(output)[-10:])
        return output

    def type_in_guest(self, step):
        if not self.terminal:
            raise ShellError("no guest runs here")
        self.terminal.switch(step.where == "monitor")
        output = self.terminal.run(step.command, float(step.fence.words.get("limit", LIMIT)))
        if self.terminal.ended:
            self.terminal.close()
            self.terminal = None
        return output

    def hold(self, step, seen):
        """The output that the page shows against the real one."""
        differ = compare(step.output, seen)
        if not differ:
            return
        self.changes.append((step, seen))
        if self.updating:
            return
        index, at = differ
        expected = step.output[index] if index < len(step.output) else "the end of the output"
        self.problem(step.output_line + index, f"of: {step.command}",
                     f"expected: {expected}",
                     f"found:    {seen[at] if at < len(seen) else 'the end of the output'}")

    def follow(self, step, following):
        if step.where == "patch":
            self.patch(step)
        elif step.where == "host":
            seen = lines_of(self.type_on_host(step, following))
        else:
            seen = lines_of(self.type_in_guest(step))
        if step.shown:
            self.hold(step, seen)
        self.done += 1

    def run(self):
        """Follows the page. Returns why it cannot be, if so."""
        if not os.path.exists(os.path.join(self.root, "build/lab/bzImage")):
            return "no lab is built: make all"
        hidden = hidden_command(self.text)
        if hidden:
            self.problem(hidden[0], "not in a fence, so it is not run:", hidden[1])
        steps = []
        lost = None
        for fence in fences_of(self.text):
            mine = steps_of(fence)
            lacks = self.lacks(fence)
            if lacks:
                lost = lacks
            elif fence.source:
                self.excerpt(fence)
            else:
                steps += [step for step in mine if not step.elsewhere]
                for step in mine:
                    if step.elsewhere:
                        self.elsewhere(step)
        for step, following in zip(steps, steps[1:] + [None]):
            try:
                self.follow(step, following)
            except ShellError as error:
                self.problem(step.line, f"{step.command}: {error}")
                return None
        if self.terminal:
            self.problem(steps[-1].line, "the page ends, and its guest still runs")
        return f"there is no {lost} here" if lost and not steps else None

    def update(self):
        """Puts what was seen in place of what the page showed."""
        lines = self.text.split("\n")
        for step, seen in sorted(self.changes, key=lambda c: -c[0].output_line):
            first = step.output_line - 1
            lines[first:first + len(step.output)] = merged(step.output, seen)
            print(f"# {self.name}:{step.output_line}: updated, look at it: {step.command}")
        with open(os.path.join(self.root, self.name), "w", encoding="utf-8") as file:
            file.write("\n".join(lines))


def report(number, page, reason):
    """A page's result, in TAP; and as a status."""
    if reason:
        print(f"ok {number} {page.name} # SKIP {reason}")
        return 77
    word = "not ok" if page.problems else "ok"
    print(f"{word} {number} {page.name}: {page.done} commands")
    for line, words in page.problems:
        print(f"# {page.name}:{line}: {words[0]}")
        for word in words[1:]:
            print("#     " + word.replace("\n", "\n#     "))
    return 1 if page.problems else 0


def follow_page(name, options, number):
    page = Page(name, options.root, options.folder, options.update)
    try:
        reason = page.run()
    except PageError as error:
        page.problem(error.line, str(error))
        reason = None
    finally:
        page.close()
    if page.updating and page.changes:
        page.update()
    sys.stdout.flush()
    return report(number, page, reason)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--root", default=os.path.dirname(here))
    parser.add_argument("folder")
    parser.add_argument("pages", nargs="+")
    options = parser.parse_args()
    print(f"1..{len(options.pages)}")
    found = {follow_page(name, options, number)
             for number, name in enumerate(options.pages, 1)}
    return 1 if 1 in found else min(found)


if __name__ == "__main__":
    sys.exit(main())
