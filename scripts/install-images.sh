#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Puts both images of a root filesystem where kc finds them.
#
# usage: install-images.sh CPIO DISK DIR

set -eu
. "$(dirname -- "$0")/common.sh"
cpio=$1
disk=$2
dir=$3

mkdir -p "$dir"
cp "$cpio" "$dir/initramfs.cpio.new"
mv "$dir/initramfs.cpio.new" "$dir/initramfs.cpio"
# A copy, as guests write to it; sparse, as most of it is holes.
cp --sparse=always "$disk" "$dir/disk.ext4.new"
# What a user did on the old disk is not thrown away.
if [ -e "$dir/disk.ext4" ] &&
	[ -z "$(find "$dir/.disk-made" -newer "$dir/disk.ext4" 2>/dev/null)" ]; then
	mv "$dir/disk.ext4" "$dir/disk.ext4.old"
	echo "$dir/disk.ext4 is made anew; the one that was written to is now disk.ext4.old"
fi
mv "$dir/disk.ext4.new" "$dir/disk.ext4"
touch "$dir/.disk-made"
