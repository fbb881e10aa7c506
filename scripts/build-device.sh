#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds QEMU after an edit of one device. What fails leaves the QEMU that was.
#
# usage: build-device.sh DIR QEMU-BUILD NINJA [ARG...]

set -eu
. "$(dirname -- "$0")/common.sh"
dir=$1
name=$(basename "$1")
build=$2
shift 2
program=$build/qemu-system-x86_64

# What was made of sources that are newer than their times say.
forget_restored() {
	"$root/scripts/restored.sh" "$build/.seen-$name" "$root/$dir" | while read -r file; do
		case $file in
		*.c) find "$build" -maxdepth 2 -name "hw_virtio_kernelcraft_${name}_$file.o" -delete ;;
		*.h) find "$build" -maxdepth 2 -name "hw_virtio_kernelcraft_${name}_*.o" -delete ;;
		meson.build) touch -d @0 "$build/build.ninja" ;;
		trace-events) rm -f "$build/trace/trace-hw_virtio_kernelcraft_$name".* ;;
		esac
	done
}

# meson has much to say, which matters only if it fails.
configure() {
	[ "$(find "$root/$dir/meson.build" \
		"$build/../src/hw/virtio/kernelcraft/meson.build" \
		-newer "$build/build.ninja")" ] || return 0
	"$@" build.ninja >"$build/.configure.log" 2>&1 || { cat "$build/.configure.log" && exit 1; }
}

ours "$build/."
forget_restored
configure "$@"
# A linker that fails takes the old program along.
cp -p "$program" "$build/.last"
"$@" qemu-system-x86_64 && exit
[ -e "$program" ] || cp -p "$build/.last" "$program"
exit 1
