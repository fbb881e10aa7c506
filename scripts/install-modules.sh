#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Puts modules of the lab into a root filesystem's tree: modprobe finds them, the
# kernel's own as well, and ours `insmod NAME.ko` in the folder that a shell lands
# in, too. A module that is built in has no file in the lab. A tree may be given
# the modules of several kernels; the links are then to those of the last.
#
# usage: install-modules.sh TREE LINUX-BUILD LAB MODULE-DIR...

set -eu
. "$(dirname -- "$0")/common.sh"
tree=$1
linux=$2
lab=$3
shift 3
release=$(cat "$linux/include/config/kernel.release")
modules=lib/modules/$release

find "$tree/root" -name '*.ko' -type l -delete
mkdir -p "$tree/$modules/extra" "$tree/$modules/kernel"
[ ! -e "$lab/modules/stock" ] || while read -r name; do
	cp "$lab/modules/$name" "$tree/$modules/kernel/"
done <"$lab/modules/stock"
for dir in "$@"; do
	for built in "$linux-modules/$dir"/*.ko; do
		name=$(basename "$built")
		[ -e "$lab/modules/$name" ] || continue
		cp "$lab/modules/$name" "$tree/$modules/extra/"
		ln -sf "/$modules/extra/$name" "$tree/root/"
	done
done
touch "$tree/$modules/modules.order" "$tree/$modules/modules.builtin" \
	"$tree/$modules/modules.builtin.modinfo"
depmod -b "$tree" "$release"
