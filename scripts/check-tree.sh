#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Is DIR what the user says it is, and fit to be built from without writing
# into it?
#
# usage: check-tree.sh linux|qemu DIR

set -eu
kind=$1
dir=$2

die() {
	printf 'kernelcraft: %s\n' "$@" >&2
	exit 1
}

check_linux() {
	{ grep -qs '^PATCHLEVEL = ' "$dir/Makefile" && [ -e "$dir/Kbuild" ]; } ||
		die "LINUX_SRC=$dir is not a Linux source tree (no Makefile with PATCHLEVEL, no Kbuild)." \
			"Give the top folder of an unpacked or cloned kernel, 6.11 or newer."
	version=$(awk '/^VERSION =/ { v = $3 } /^PATCHLEVEL =/ { print v * 1000 + $3; exit }' \
		"$dir/Makefile")
	[ "$version" -ge 6011 ] ||
		die "LINUX_SRC=$dir is Linux $((version / 1000)).$((version % 1000)); the drivers need 6.11 or newer."
	# The kernel refuses O= then, and cleaning is not ours to do.
	if [ -e "$dir/.config" ] || [ -d "$dir/include/config" ]; then
		die "LINUX_SRC=$dir was built in place, so it cannot also be built elsewhere." \
			"Clean it yourself (make mrproper), or give a clean one, for example:" \
			"    git -C $dir worktree add $dir-clean; make LINUX_SRC=$dir-clean ..."
	fi
}

check_qemu() {
	{ [ -e "$dir/VERSION" ] && [ -e "$dir/hw/virtio/virtio.c" ]; } ||
		die "QEMU_SRC=$dir is not a QEMU source tree (no VERSION, no hw/virtio/virtio.c)." \
			"Give the top folder of an unpacked or cloned QEMU, 10.0 or newer."
	version=$(cut -d. -f1 "$dir/VERSION")
	[ "$version" -ge 10 ] ||
		die "QEMU_SRC=$dir is QEMU $(cat "$dir/VERSION"); the devices need 10.0 or newer."
}

[ -d "$dir" ] || die "$kind: no such folder: $dir"
check_"$kind"
