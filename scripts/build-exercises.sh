#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds each folder in DIR, by what it holds: modules of its Kbuild; of its
# device.c a QEMU, which is the lab's and that device; of its test.c the test
# program. First the same of the graders, learn/*/grader-NAME, which stay in
# build/learn/grader/NAME. The lab itself stays as it is.
#
# usage: build-exercises.sh DIR JOBS QEMU-BUILD LINUX-BUILD TEST-CC LINUX-MAKE [ARG...]

set -eu
. "$(dirname -- "$0")/common.sh"
# What ninja would do for one device more, read from what it does for hello.
compile_device() {
	(cd "$qemu" && ninja -t commands libqemu-x86_64-softmmu.a.p/hw_virtio_kernelcraft_hello_device.c.o) |
		sed -n "s|-MD -MQ .*|-o '$1/device.o' -c '$1/device.c'|p" | (cd "$qemu" && sh)
}

link_device() {
	(cd "$qemu" && sed -n '/^build qemu-system-x86_64: /,/^$/{
		s/^build [^:]*: [^ ]* \([^|]*\).*/\1/p
		s/^ *LINK_ARGS = //p
	}' build.ninja) >"$1/link"
	(cd "$qemu" && gcc -m64 -s -o "$1/qemu-system-x86_64" "$1/device.o" "@$1/link")
}

# build_folder DIR LINUX-MAKE...
build_folder() {
	folder=$1
	shift
	[ ! -e "$folder/test.c" ] || $test_cc "$folder/test.c" -o "$folder/exercise_test"
	[ ! -e "$folder/Kbuild" ] || "$@" M="$folder" modules
	[ ! -e "$folder/device.c" ] || { compile_device "$folder" && link_device "$folder"; }
}

# Of itself, for one folder of several
if [ "$1" = --folder ]; then
	folder=$2
	qemu=$3
	test_cc=$4
	shift 4
	build_folder "$folder" "$@"
	exit
fi
dir=$1
jobs=$2
qemu=$3
linux=$4
test_cc=$5
shift 5
graders=$root/build/learn/grader

# build_all DIR LINUX-MAKE...: some at a time; the first that fails ends the rest
build_all() {
	all=$1
	shift
	find "$all" -mindepth 1 -maxdepth 1 -type d ! -name '.*' | sort -V |
		xargs -r -P "$jobs" -I '{}' "$0" --folder '{}' "$qemu" "$test_cc" "$@"
}

are_current() {
	[ -e "$graders/.built" ] && [ -z "$(find "$root"/learn/*/grader-* "$root/learn/shout/abi.h" \
		"$root/guest/test" "$qemu/qemu-system-x86_64" "$linux/vmlinux" -newer "$graders/.built")" ]
}

# Whole or not at all; two that want them take turns.
build_graders() {
	new=$dir/.graders
	mkdir -p "$new"
	for source in "$root"/learn/*/grader-*; do
		cp -r "$source" "$new/${source##*/grader-}"
		cp "$root/learn/shout/abi.h" "$new/${source##*/grader-}/"
	done
	build_all "$new" "$@"
	touch "$new/.built"
	remove "$graders"
	mv "$new" "$graders"
}

ours "$dir/."
(
	flock 9
	are_current || build_graders "$@"
) 9>"$root/build/learn/.lock"
build_all "$dir" "$@"
