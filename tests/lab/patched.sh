#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What GCC 14 refuses, and older ones warn of in a log that nobody reads, is in
# nothing that the patches touch, nor in the devices: Debian 13's QEMU is built
# with it. As much of it as the patches touch; all of it with SOAK=1.
. "$(dirname "$0")/../lib.sh"

obj=$root/build/qemu/obj
if [ ! -e "$obj/build.ninja" ] || ! command -v ninja >/dev/null; then
	skip "what the patches touch, as GCC 14 takes it" "no QEMU was built here"
	done_testing
	exit
fi
gcc14='-Werror=implicit-function-declaration -Werror=implicit-int -Werror=int-conversion -Werror=incompatible-pointer-types'

# commands: for each source its path and how it is compiled, with nothing written
commands() {
	sed -n 's,^+++ b/\([^	]*\.c\)$,\1,p' "$root"/qemu/patches/*.patch >"$work/touched"
	ninja -C "$obj" -t compdb | /usr/bin/python3 -c '
import json, re, sys
touched = set(open(sys.argv[1]).read().split())
for entry in json.load(sys.stdin):
    name = entry["file"].removeprefix("../src/")
    if name in touched or sys.argv[2] and name.startswith("hw/virtio/kernelcraft/"):
        command = re.sub(r" -o \S+| -M[DFQ]( \S+\.o(\.d)?)?", "", entry["command"])
        print(name, command, sep="\t")' "$work/touched" "${SOAK:-}"
}

# taken COMMAND: GCC has nothing to say of it
taken() {
	(cd "$obj" && timeout 300 sh -c "$1 -fsyntax-only $gcc14") >>"$out" 2>&1
}

: >"$out"
commands >"$work/commands"
bad=
while IFS='	' read -r name command; do
	taken "$command" || bad="$bad $name"
done <"$work/commands"
count=$(wc -l <"$work/commands")
[ -z "$bad" ] && grep -q '^gdbstub/system.c' "$work/commands" && [ "$count" -ge 10 ]
result $? "$count sources that the patches touch have nothing that GCC 14 refuses$bad"

# Who says nothing of a call without a declaration says nothing at all.
command=$(sed -n 's/^gdbstub[^	]*	//p' "$work/commands" | head -n 1)
planted="${command% -c *} -I$obj/../src -c $work/planted.c"
printf '#include "qemu/osdep.h"\nint planted(void);\nint planted(void)\n{\n    return undeclared();\n}\n' >"$work/planted.c"
! taken "$planted" && grep -q undeclared "$out"
result $? "a call without a declaration is noticed"
sed -i 's/undeclared()/0/' "$work/planted.c"
taken "$planted"
result $? "and nothing else of that file"
done_testing
