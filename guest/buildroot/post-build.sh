#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Buildroot calls this before it makes the images: the kernel is ours, and so
# are its modules.
#
# usage: post-build.sh TARGET-DIR

set -eu
target=$1
cd "$(dirname "$0")/../.."
dirs=$(for kbuild in modules/*/Kbuild devices/*/Kbuild; do dirname "$kbuild"; done)
# shellcheck disable=SC2086 # a list of folders
scripts/install-modules.sh "$target" "${KERNELCRAFT_LINUX:-$PWD/build/linux}" \
	"$PWD/build/lab" $dirs

# What has nothing to do need not be started at each boot.
cd "$target/etc"
[ -e sysctl.conf ] || [ -d sysctl.d ] || rm -f init.d/S02sysctl
[ -d modules-load.d ] || rm -f init.d/S11modules
