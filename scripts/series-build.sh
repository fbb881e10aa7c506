#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds the kernel or the QEMU of a tree in a lab of its own, and keeps what kc needs of it.
#
# usage: series-build.sh build linux|qemu TREE SHOP KEPT
#	SHOP is a folder in build/series; its lab/ and log/ are of the last build.
#	KEPT gets the parts, whole or not at all.
# usage: series-build.sh tree linux|qemu TREE SHOP
#	The same of a user's own tree as it is: SHOP/lab is what comes of it.
# usage: series-build.sh inputs linux|qemu
#	Prints one word for all of this lab that goes into such a build.

set -eu
. "$(dirname -- "$0")/common.sh"
verb=$1
kind=$2
cd "$root"
# How many of these are kept, so that a disk does not fill up.
keep=60

inputs() {
	{
		gcc --version | head -n 1
		find -L devices build/outside modules tests/faults guest mk qemu -type f 2>/dev/null |
			sort | xargs -d '\n' sha256sum
	} | sha256sum | cut -c 1-16
}

parts() {
	case $kind in
	linux) echo bzImage vmlinux vmlinux.debug kernel.release initramfs.cpio drivers.cpio disk.ext4 modules ;;
	qemu) echo qemu-system-x86_64 ;;
	esac
}

keep_parts() {
	remove "$kept.new"
	mkdir -p "$kept.new"
	for part in $(parts); do
		cp -RL --reflink=auto --sparse=always "$shop/lab/$part" "$kept.new/" || {
			remove "$kept.new"
			exit 1
		}
	done
	mv "$kept.new" "$kept"
	find "$(dirname "$kept")" -mindepth 1 -maxdepth 1 -type d ! -name '*.new' -printf '%T@ %p\n' |
		sort -rn | sed "1,${keep}d" | cut -d ' ' -f 2- | while read -r old; do
		remove "$old"
	done
}

build() {
	tree=$3
	shop=$4
	lab=build/series/${shop##*/}/lab
	export KC_STEP_LOGS="$shop/log"
	case $kind in
	linux) make series-linux LINUX_SRC="$tree" LAB="$lab" ;;
	qemu) make series-qemu QEMU_SRC="$tree" LAB="$lab" ;;
	esac
}

case $verb in
inputs) inputs ;;
tree) build "$@" ;;
build)
	kept=$5
	build "$@"
	keep_parts
	;;
*) die "series-build.sh: unknown verb '$verb'" ;;
esac
