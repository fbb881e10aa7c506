# SPDX-License-Identifier: GPL-2.0-or-later
"""A page of Markdown, as what is to be typed and what is to be seen.

A fence's info string says what its lines are:

  console   commands, each behind the prompt at which it is typed, and below it
            the output. "$ " is a shell of the host, "root@kernelcraft:~# " a
            guest's, "(qemu) " QEMU's monitor in the terminal of that guest.
            "> " continues a command.
  sh        commands of the host's shell, a line each ("\\" continues it), whose
            output is not shown. One whose comment ends with a file in brackets,
            as in "make run   # all of it (tests/lab/bare.sh)", is not run: that
            test, or lesson, does so.
  diff      a patch, which the reader makes by hand
  any other nothing that is run; where a file's name follows, as in
            "c devices/hello/driver.c", an excerpt of that file

Words behind it say more, of all commands of the fence:

  status=N        they end with N in place of 0
  limit=SECONDS   each may take so long (default 120)
  needs=PROGRAM   the fence is left out where this host has no such program

A command in a block that is only indented is an error: it would not be run.

What varies in an output is marked in it:

  ...   (one character, U+2026) stands for the rest of a word or more, within a
        line; alone on a line for any lines, or none
  ~12   stands for a number, ~12 ms for a time in any unit; how wide the columns
        of such a line are is not held
"""

import re
from dataclasses import dataclass, field

from markdown_it import MarkdownIt

PROMPTS = {
    "host": r"\$ ",
    "guest": r"root@kernelcraft:\S*# ",
    "monitor": r"\(qemu\) ",
}
WORDS = {"status", "limit", "needs"}
ELLIPSIS = "\u2026"
DIGITS = r"(?:0x[0-9a-f]+|[0-9]+(?:[,.][0-9]+)*)"
UNIT = r" (?:ns|us|ms|s)(?![a-z])"
ELSEWHERE = r"#.*\(((?:tests|docs)/[^\s()]+)\)\s*$"
# What a block that is only indented must not have
COMMAND = r"\s*(?:\$ |make |build/bin/kc |kc [a-z])"
MARK = rf"~{DIGITS}(?:{UNIT})?"
NUMBER = r"[-+]?(?:[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?|0x[0-9a-f]+)"


class PageError(Exception):
    """Something on a page that cannot be run as it stands."""

    def __init__(self, line, text):
        super().__init__(text)
        self.line = line


@dataclass
class Fence:
    line: int  # of the opening ```
    language: str
    lines: list
    source: str = None  # the file of which it is an excerpt
    words: dict = field(default_factory=dict)


@dataclass
class Step:
    fence: Fence
    line: int
    where: str  # host, guest, monitor or patch
    command: str
    shown: bool = True  # its output is on the page
    output: list = field(default_factory=list)
    output_line: int = 0  # where it begins

    @property
    def elsewhere(self):
        """The file that runs it in the page's place, or None."""
        found = re.search(ELSEWHERE, self.command) if self.fence.language == "sh" else None
        return found and found[1]


def fences_of(text):
    """The fences of a page, in order."""
    for token in MarkdownIt("commonmark").parse(text):
        if token.type != "fence":
            continue
        first = token.map[0] + 1
        language, *rest = token.info.split() or [""]
        fence = Fence(first, language, token.content.split("\n")[:-1])
        for word in rest:
            name, equals, value = word.partition("=")
            if equals and name not in WORDS:
                raise PageError(first, f"no such word for a fence: '{name}='")
            if equals:
                fence.words[name] = value
            else:
                fence.source = word
        yield fence


def hidden_command(text):
    """(line, command) of the first command that no fence has, or None."""
    for token in MarkdownIt("commonmark").parse(text):
        if token.type != "code_block":
            continue
        for offset, line in enumerate(token.content.split("\n")):
            if re.match(COMMAND, line):
                return token.map[0] + 1 + offset, line.strip()
    return None


def prompt_of(line):
    """(where, what is typed) if the line begins with a prompt."""
    for where, pattern in PROMPTS.items():
        found = re.match(pattern, line)
        if found:
            return where, line[found.end():]
    return None


def console_steps(fence):
    """What a fence of console types, each with its output."""
    step = None
    for offset, line in enumerate(fence.lines):
        at = fence.line + 1 + offset
        prompt = prompt_of(line)
        if prompt:
            step = Step(fence, at, *prompt, output_line=at + 1)
            yield step
        elif step is None:
            raise PageError(at, f"expected a prompt first, found {line!r}")
        elif line.startswith("> ") and not step.output:
            step.command += "\n" + line[2:]
            step.output_line = at + 1
        else:
            step.output.append(line)


def shell_steps(fence):
    """The lines of a fence of sh, comments cut away by the shell itself."""
    step = None
    for offset, line in enumerate(fence.lines):
        if step and step.command.endswith("\\"):
            step.command += "\n" + line
        elif line.strip() and not line.startswith("#"):
            step = Step(fence, fence.line + 1 + offset, "host", line, shown=False)
            yield step


def steps_of(fence):
    """What is done for a fence."""
    if fence.language == "console":
        # Each knows its output only when the next begins.
        return list(console_steps(fence))
    if fence.language == "sh" and not fence.source:
        return list(shell_steps(fence))
    if fence.language == "diff":
        text = "\n".join(fence.lines) + "\n"
        return [Step(fence, fence.line, "patch", text, shown=False)]
    return []


def pattern_of(line):
    """What a line of the page stands for, as a regular expression."""
    marked = ELLIPSIS in line or re.search(MARK, line)
    pattern = ""
    for part in re.split(rf"({ELLIPSIS}|{MARK}|\s+)", line):
        if part == ELLIPSIS:
            pattern += ".+?"
        elif re.fullmatch(MARK, part):
            pattern += NUMBER + (UNIT if " " in part else "")
        elif part.isspace():
            pattern += r"\s+" if marked else re.escape(part)
        else:
            pattern += re.escape(part)
    # What stands before a number may be pushed away or closer by it.
    return re.compile((r"\s*" + pattern if marked else pattern) + r"\s*")


def compare(expected, found):
    """Holds lines of a page against those of a command.

    Returns (index in expected, index in found) of the first that differ, or
    None. A line of an ellipsis alone takes as few lines as will do.
    """
    at = 0
    skip = False
    for index, line in enumerate(expected):
        if line.strip() == ELLIPSIS:
            skip = True
            continue
        pattern = pattern_of(line)
        here = at
        while skip and here < len(found) and not pattern.fullmatch(found[here]):
            here += 1
        if here >= len(found) or not pattern.fullmatch(found[here]):
            return index, at
        at = here + 1
        skip = False
    if at < len(found) and not skip:
        return len(expected), at
    return None


def excerpt_error(fence, text):
    """Why the fence is no excerpt of a file with that text, or None."""
    lines = [line.rstrip() for line in text.split("\n")]
    at = 0
    skip = True
    for offset, line in enumerate(fence.lines):
        if line.strip() == ELLIPSIS:
            skip = True
            continue
        line = line.rstrip()
        rest = lines[at:] if skip else lines[at:at + 1]
        if line not in rest:
            return fence.line + 1 + offset, line
        at += rest.index(line) + 1
        skip = False
    return None
