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
tree=$work/tree

rm -rf "$tree"
mkdir -p "$tree"
cd "$tree"
mkdir -p bin sbin usr/bin usr/sbin dev mnt proc sys tmp run root
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

# shellcheck disable=SC2086 # a list of folders
"$here/scripts/install-modules.sh" "$tree" "$linux" "$lab" $module_dirs

find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --reproducible --quiet >"$work/initramfs.cpio"
rm -f "$work/disk.ext4"
truncate -s "$disk_size" "$work/disk.ext4"
mke2fs -q -t ext4 -d . -E lazy_itable_init=0 -L kernelcraft -F "$work/disk.ext4"
"$here/scripts/install-images.sh" "$work/initramfs.cpio" "$work/disk.ext4" "$lab"
rm "$work/initramfs.cpio" "$work/disk.ext4"
