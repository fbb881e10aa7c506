#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Puts the guest's tree together and makes both images of it. Run under
# fakeroot, so that all of it belongs to root.
#
# usage: make-rootfs.sh DIR BUSYBOX LAB RELEASE-FILE DISK-SIZE

set -eu
dir=$1
busybox=$2
lab=$(cd "$3" && pwd)
release=$(cat "$4")
disk_size=$5
here=$(cd "$(dirname "$0")/.." && pwd)
tree=$dir/tree
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
install -m 755 "$dir/kc-agent" sbin/kc-agent
install -m 755 "$dir"/tests/* usr/bin/
# The kernel starts /init in an initramfs and /sbin/init on a disk.
ln -sf sbin/init init

# `insmod hello_virtio.ko` in the folder that one lands in, and modprobe.
for module in "$lab"/modules/*.ko; do
	cp "$module" "$modules/extra/"
	ln -sf "/$modules/extra/$(basename "$module")" root/
done
touch "$modules/modules.order" "$modules/modules.builtin" "$modules/modules.builtin.modinfo"
depmod -b "$tree" "$release"

find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --reproducible --quiet >"$dir/initramfs.cpio"
mv "$dir/initramfs.cpio" "$lab/initramfs.cpio"

rm -f "$dir/disk.ext4"
truncate -s "$disk_size" "$dir/disk.ext4"
mke2fs -q -t ext4 -d . -E lazy_itable_init=0 -L kernelcraft -F "$dir/disk.ext4"
# What a user did on the old disk is not thrown away.
if [ -e "$lab/disk.ext4" ] && [ -n "$(find "$lab/disk.ext4" -newer "$dir/.disk-made")" ]; then
	mv "$lab/disk.ext4" "$lab/disk.ext4.old"
	echo "disk.ext4 is made anew; the one that was written to is now disk.ext4.old"
fi
mv "$dir/disk.ext4" "$lab/disk.ext4"
touch "$dir/.disk-made"
