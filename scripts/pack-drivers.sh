#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Packs LAB/drivers.cpio: an initramfs of the lab's stock drivers and of the program that inserts
# them. It goes behind an initramfs, or stands alone before a root on disk; the kernel is told
# rdinit=/kc-init. One that is the same keeps its time, by which saved machines know it.
#
# usage: pack-drivers.sh LAB KC-INIT

set -eu
. "$(dirname -- "$0")/common.sh"
lab=$(realpath -- "$1")
init=$(realpath -- "$2")
tree=$lab/.drivers

remove "$tree"
mkdir -p "$tree/kc-modules"
cd "$tree"
install -m 755 "$init" kc-init
number=0
while read -r module; do
	cp "$lab/modules/$module" "kc-modules/$(printf %03d $number)-$module"
	number=$((number + 1))
done <"$lab/modules/early"
find . -exec touch -d @0 {} +
find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc -R 0:0 --reproducible --quiet >"$lab/.drivers.cpio"
cd "$lab"
cmp -s .drivers.cpio drivers.cpio || mv .drivers.cpio drivers.cpio
rm -f .drivers.cpio
remove "$tree"
