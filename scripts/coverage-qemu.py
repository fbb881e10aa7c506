#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Writes OUT/build.ninja, by which ninja builds in OUT the QEMU that was built in BUILD once
more, with those objects compiled anew that virtio's devices are made of: they count, by
gcov, which of their lines are run. All others are those of BUILD.

For: ninja -C BUILD -f OUT/build.ninja

usage: coverage-qemu.py BUILD OUT
"""

import json
import os
import re
import shlex
import subprocess
import sys

PROGRAM = "qemu-system-x86_64"
# Of QEMU's sources; not what only the monitor calls, nor stubs
COUNTED = re.compile(
    r"hw/virtio/kernelcraft/.*\.c$|"
    r"hw/virtio/virtio(-bus|-pci|-mmio|-rng|-balloon|-config-io)?\.c$|"
    r"hw/block/virtio-blk(-common)?\.c$|hw/net/virtio-net\.c$|"
    r"hw/char/virtio-(console|serial-bus)\.c$|hw/9pfs/virtio-9p-device\.c$"
)
# Devices run on several threads, whose counts must not be lost to each other.
COUNT = ["--coverage", "-fprofile-update=atomic", "-Wno-error"]


def commands(build):
    """What ninja would run, by what comes of it."""
    text = subprocess.run(
        ["ninja", "-C", build, "-t", "compdb", "-x", "c_COMPILER", "c_LINKER_RSP"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return {one["output"]: one for one in json.loads(text)}


def ninja_text(text):
    return text.replace("$", "$$")


def ninja_path(path):
    return re.sub(r"([$ :])", r"$\1", path)


def compile_rule(out, one):
    """The object in OUT that ONE's becomes, and what ninja is told of it."""
    place = os.path.join(out, os.path.basename(one["output"]))
    words = [
        word.replace(one["output"], place) if one["output"] in word else word
        for word in shlex.split(one["command"])
    ]
    words[words.index("-c") : words.index("-c")] = COUNT
    text = (
        f"build {ninja_path(place)}: run {ninja_path(one['file'])}\n"
        f" command = {ninja_text(shlex.join(words))}\n"
        f" depfile = {ninja_path(place)}.d\n"
        f" deps = gcc\n"
    )
    return place, text


def link_rule(out, one, build, places):
    place = os.path.join(out, PROGRAM)
    words = [places.get(word, word) for word in shlex.split(one["command"])]
    words[words.index("-o") + 1] = place
    files = [word for word in words if re.search(r"\.(o|a|fa)$", word)]
    files = [file for file in files if os.path.exists(os.path.join(build, file)) or file in places.values()]
    # The compiler's name comes first, with ccache's before it, perhaps.
    names = [word for word in words[:2] if not word.startswith("-")]
    rest = ["--coverage", *words[len(names) :]]
    return (
        f"build {ninja_path(place)}: link {' '.join(map(ninja_path, files))}\n"
        f" compiler = {ninja_text(shlex.join(names))}\n"
        f" words = {ninja_text(shlex.join(rest))}\n"
    )


RULES = """builddir = {out}
rule run
 command = $command
 description = $out
rule link
 command = $compiler @$out.rsp
 rspfile = $out.rsp
 rspfile_content = $words
 description = $out
"""


def main():
    build, out = map(os.path.realpath, sys.argv[1:])
    known = commands(build)
    link = known[PROGRAM]
    linked = set(shlex.split(link["command"]))
    source = os.path.normpath(os.path.join(build, "..", "src"))
    places = {}
    text = RULES.format(out=ninja_path(out))
    for output, one in sorted(known.items()):
        file = os.path.normpath(os.path.join(one["directory"], one["file"]))
        if output in linked and COUNTED.match(os.path.relpath(file, source)):
            places[output], rule = compile_rule(out, one)
            text += rule
    text += link_rule(out, link, build, places)
    text += f"default {ninja_path(os.path.join(out, PROGRAM))}\n"
    with open(os.path.join(out, "build.ninja"), "w", encoding="utf-8") as file:
        file.write(text)
    print(len(places), "objects count what is run")


main()
