#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Buildroot calls this before it makes the images: the kernel is ours, and so
# are its modules. One image serves both kernels, where both were built.
#
# usage: post-build.sh TARGET-DIR

set -eu
unset CDPATH
target=$(realpath -- "$1")
if [ "$target" = / ] || [ ! -d "$target/etc" ]; then
	echo "post-build.sh: '$1' is not the tree of a root filesystem that is being built" >&2
	exit 1
fi
cd "$(dirname "$0")/../.."
dirs=$(for kbuild in modules/*/Kbuild devices/*/Kbuild; do dirname "$kbuild"; done)
linux=${KERNELCRAFT_LINUX:-$PWD/build/linux}

# bring BUILT LAB
bring() {
	# shellcheck disable=SC2086 # a list of folders
	scripts/install-modules.sh "$target" "$1" "$2" $dirs
}

rm -rf "$target/lib/modules"
[ ! -d "$linux-debug-modules" ] || bring "$linux-debug" "$PWD/build/lab/debug"
bring "$linux" "$PWD/build/lab"

# What has nothing to do need not be started at each boot.
cd "$target/etc"
[ -e sysctl.conf ] || [ -d sysctl.d ] || rm -f init.d/S02sysctl
[ -d modules-load.d ] || rm -f init.d/S11modules
