#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds each folder in DIR, by what it holds: modules of its Kbuild; of its
# device.c a QEMU, which is the lab's and that device; of its test*.c the test
# program. First the same of the graders, learn/*/grader-NAME, which stay in
# build/learn/grader/NAME. The lab itself stays as it is.
#
# usage: build-exercises.sh DIR JOBS QEMU-BUILD LINUX-BUILD TEST-CC LINUX-MAKE [ARG...]

set -eu
. "$(dirname -- "$0")/common.sh"
# compile DIR/NAME: what ninja would do for one device more, read from what it does for hello
compile() {
	(cd "$qemu" && ninja -t commands libqemu-x86_64-softmmu.a.p/hw_virtio_kernelcraft_hello_device.c.o) |
		sed -n "s|-MD -MQ .*|-o '$1.o' -c '$1.c'|p" | (cd "$qemu" && sh)
}

# keep_books DEVICE.o: its calls about elements go by the grader's ledger
keep_books() {
	objcopy --redefine-sym virtqueue_pop=ledger_pop --redefine-sym virtqueue_push=ledger_push \
		--redefine-sym virtqueue_fill=ledger_fill --redefine-sym virtqueue_detach_element=ledger_detach \
		--redefine-sym g_free=ledger_free --redefine-sym g_free_sized=ledger_free_sized \
		--redefine-sym free=ledger_free_plainly "$1"
}

# link_device DIR [OBJECT]
link_device() {
	(cd "$qemu" && sed -n '/^build qemu-system-x86_64: /,/^$/{
		s/^build [^:]*: [^ ]* \([^|]*\).*/\1/p
		s/^ *LINK_ARGS = //p
	}' build.ninja) >"$1/link"
	(cd "$qemu" && gcc -m64 -s -o "$1/qemu-system-x86_64" "$1/device.o" ${2:+"$2"} "@$1/link")
}

# build_device DIR: the grader's own needs no ledger, and is there before it
build_device() {
	compile "$1/device" || return
	case $1 in
	*/.graders/*) link_device "$1" ;;
	*) keep_books "$1/device.o" && link_device "$1" "$root/build/learn/grader/raw/device-ledger.o" ;;
	esac
}

# build_folder DIR LINUX-MAKE...
build_folder() {
	folder=$1
	shift
	[ ! -e "$folder/test.c" ] || $test_cc "$folder"/test*.c -o "$folder/exercise_test"
	[ ! -e "$folder/Kbuild" ] || "$@" M="$folder" modules
	[ ! -e "$folder/device-ledger.c" ] || compile "$folder/device-ledger"
	[ ! -e "$folder/device.c" ] || build_device "$folder"
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
