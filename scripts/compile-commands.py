#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Writes compile_commands.json for clangd and other tools of editors: each source with the
flags that it is built with, wherever it stands.

  kernel=TREE:MIRROR   the modules that Kbuild built in MIRROR for the kernel in TREE
  qemu=BUILD           the devices of QEMU's build, those that are links in its tree
  host=FLAGS           with these flags ...
  guest=FLAGS          ... or, by musl, with these: the files behind it

usage: compile-commands.py OUT WORD...
"""

import json
import os
import re
import shlex
import sys

# What GCC knows and clang does not, in Linux' and QEMU's flags: clangd would report each as an
# error in the first line. Warnings by a name that clang does not know are no error.
GCC_ONLY = re.compile(
    r"-mpreferred-stack-boundary=|-mindirect-branch|-mfunction-return=|-mrecord-mcount$|"
    r"-mskip-rax-setup$|-mno-fp-ret-in-387$|-fconserve-stack$|-fno-allow-store-data-races$|"
    r"-fno-var-tracking-assignments$|-fno-ipa-|-fmin-function-alignment=|-fzero-call-used-regs=|"
    r"-ftrivial-auto-var-init=|-falign-jumps|-falign-loops|-femit-struct-debug-|-fplugin|"
    r"-fno-reorder-blocks|-fno-gcse$|-fno-tree-|-fno-code-hoisting$|-fno-partial-inlining$|"
    r"-fsanitize|--param|-fno-stack-clash-protection$|-fdiagnostics-color|-fstrict-flex-arrays|"
    r"-mharden-sls|-fdiagnostics-show-context|-fno-sanitize|-gsplit-dwarf|-Werror|-specs="
)
# Where the objects and lists of headers go, which clangd does not write
OUTPUTS_WITH_VALUE = {"-o", "-MF", "-MQ", "-MT"}
OUTPUTS = re.compile(r"-MMD$|-MD$|-Wp,-MM?D,")
# GCC takes "-pg -mfentry" for granted; clang wants both or neither.
TRACING = {"-pg", "-mfentry"}


def clean(words):
    """The flags of a compiler's command, of WORDS without the compiler and the source."""
    flags = []
    words = iter(words)
    for word in words:
        if word in OUTPUTS_WITH_VALUE:
            next(words, None)
        elif word == "--param":
            next(words, None)
        elif not (OUTPUTS.match(word) or GCC_ONLY.match(word) or word in TRACING | {"-c"}):
            flags.append(word)
    return flags


def entry(directory, flags, source):
    source = os.path.realpath(source)
    return {
        "directory": os.path.realpath(directory),
        "file": source,
        "arguments": ["gcc", *flags, "-Wno-unknown-warning-option", "-c", source],
    }


def compiler_words(command):
    """The words behind the compiler's name, which ccache may precede."""
    words = shlex.split(command)
    return words[2:] if os.path.basename(words[0]) == "ccache" else words[1:]


def of_kernel(tree, mirror):
    """Kbuild leaves each object's command beside it, as .NAME.o.cmd."""
    for folder, _, names in os.walk(mirror):
        for name in names:
            if not re.fullmatch(r"\..*\.o\.cmd", name):
                continue
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                found = re.match(r"savedcmd_\S+ := (.* -c -o \S+ (\S+\.c))\s", file.readline())
            source = found and os.path.join(tree, found.group(2))
            if found and os.path.exists(source) and not source.endswith(".mod.c"):
                words = compiler_words(found.group(1))[:-1]
                yield entry(tree, clean(words), source)


def of_qemu(build):
    """Meson's own list, of what is a link to somewhere else."""
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        listed = json.load(file)
    home = os.path.join(os.path.realpath(build), "..", "src", "hw", "virtio", "kernelcraft")
    for one in listed:
        source = os.path.normpath(os.path.join(one["directory"], one["file"]))
        if not source.startswith(os.path.realpath(home) + "/") or not os.path.exists(source):
            continue
        words = compiler_words(one["command"])[:-1]
        # Headers of a device include each other by the place of its link in QEMU's tree.
        flags = ["-iquote", os.path.dirname(source), *clean(words)]
        yield entry(one["directory"], flags, source)


def of_files(kind, flags, files):
    words = clean(shlex.split(flags))
    if kind == "guest":
        words = ["-nostdlibinc", "-isystem", "/usr/include/x86_64-linux-musl", *words]
    for file in files:
        yield entry(".", words, file)


def collect(arguments):
    groups = []
    for word in arguments:
        kind, equals, value = word.partition("=")
        if equals and kind in ("kernel", "qemu", "host", "guest"):
            groups.append((kind, value, []))
        else:
            groups[-1][2].append(word)
    for kind, value, files in groups:
        if kind == "kernel":
            yield from of_kernel(*value.split(":"))
        elif kind == "qemu":
            yield from of_qemu(value)
        else:
            yield from of_files(kind, value, files)


def main():
    out = sys.argv[1]
    # One entry a file: the first that was named
    entries = {}
    for one in collect(sys.argv[2:]):
        entries.setdefault(one["file"], one)
    text = json.dumps([entries[file] for file in sorted(entries)], indent=1) + "\n"
    if os.path.exists(out):
        with open(out, encoding="utf-8") as file:
            if file.read() == text:
                return
    with open(out + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(out + ".new", out)


main()
