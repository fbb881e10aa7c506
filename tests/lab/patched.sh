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

# objects: of what is to be tried, a line each
objects() {
	touched=$(sed -n 's,^+++ b/\([^	]*\)\.c$,\1,p' "$root"/qemu/patches/*.patch | sort -u | tr '/\n' '_|')
	ninja -C "$obj" -t targets all |
		sed -nE "s/^([^:]*\\/(${touched%|}${SOAK:+|hw_virtio_kernelcraft_[^:]*})\\.c\\.o): .*/\\1/p"
}

# taken OBJECT [REPLACEMENT]: GCC takes its source, or what stands in for it
taken() {
	line=$(ninja -C "$obj" -t commands "$1" | tail -n 1 | sed 's/ -o [^ ]*//; s/ -M[DFQ]\( [^ ]*\.o\(\.d\)\?\)\?//g')
	[ -z "${2:-}" ] || line="${line% -c *} -I$obj/../src -c $2"
	(cd "$obj" && timeout 120 sh -c "$line -fsyntax-only $gcc14") >>"$out" 2>&1
}

: >"$out"
count=0
bad=
for object in $(objects); do
	count=$((count + 1))
	taken "$object" || bad="$bad $object"
done
status=$count
[ -z "$bad" ] && [ $count -ge 8 ]
result $? "$count sources that the patches touch have nothing that GCC 14 refuses$bad"

# Who says nothing of a call without a declaration says nothing at all.
object=$(objects | head -n 1)
printf '#include "qemu/osdep.h"\nint planted(void);\nint planted(void)\n{\n    return undeclared();\n}\n' >"$work/planted.c"
! taken "$object" "$work/planted.c" && grep -q undeclared "$out"
result $? "a call without a declaration is noticed"
sed -i 's/undeclared()/0/' "$work/planted.c"
taken "$object" "$work/planted.c"
result $? "and nothing else of that file"
done_testing
