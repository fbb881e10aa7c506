#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Puts the guest's tree together and makes both images of it. Run under
# fakeroot, so that all of it belongs to root.
#
# usage: make-rootfs.sh WORK PROGRAMS BUSYBOX LINUX-BUILD 'MODULE-DIR...' LAB DISK-SIZE

set -eu
work=$1
programs=$2
busybox=$3
linux=$4
module_dirs=$5
lab=$(cd "$6" && pwd)
disk_size=$7
here=$(cd "$(dirname "$0")/.." && pwd)
release=$(cat "$linux/include/config/kernel.release")
tree=$work/tree
modules=lib/modules/$release

rm -rf "$tree"
mkdir -p "$tree"
cd "$tree"
mkdir -p bin sbin usr/bin usr/sbin dev mnt proc sys tmp run root "$modules/extra"
chmod 1777 tmp
chmod 700 root
cp -R "$here/guest/rootfs/." .

install -m 755 "$busybox" bin/busybox
for applet in $(./bin/busybox --list-full); do
	mkdir -p "$(dirname "$applet")"
	ln -sf /bin/busybox "$applet"
done
install -m 755 "$programs/kc-agent" sbin/kc-agent
install -m 755 "$programs"/tests/* usr/bin/
# The kernel starts /init in an initramfs and /sbin/init on a disk.
ln -sf sbin/init init

# `insmod hello_virtio.ko` in the folder that one lands in, and modprobe. A
# module that is built in has no file in the lab.
for dir in $module_dirs; do
	for built in "$linux-modules/$dir"/*.ko; do
		name=$(basename "$built")
		[ -e "$lab/modules/$name" ] || continue
		cp "$lab/modules/$name" "$modules/extra/"
		ln -sf "/$modules/extra/$name" root/
	done
done
touch "$modules/modules.order" "$modules/modules.builtin" "$modules/modules.builtin.modinfo"
depmod -b "$tree" "$release"

find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --reproducible --quiet >"$work/initramfs.cpio"
mv "$work/initramfs.cpio" "$lab/initramfs.cpio"

rm -f "$work/disk.ext4"
truncate -s "$disk_size" "$work/disk.ext4"
mke2fs -q -t ext4 -d . -E lazy_itable_init=0 -L kernelcraft -F "$work/disk.ext4"
# What a user did on the old disk is not thrown away.
if [ -e "$lab/disk.ext4" ] &&
	[ -z "$(find "$lab/.disk-made" -newer "$lab/disk.ext4" 2>/dev/null)" ]; then
	mv "$lab/disk.ext4" "$lab/disk.ext4.old"
	echo "disk.ext4 is made anew; the one that was written to is now disk.ext4.old"
fi
mv "$work/disk.ext4" "$lab/disk.ext4"
touch "$lab/.disk-made"
