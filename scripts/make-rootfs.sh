#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Puts the guest's tree together and makes both images of it. Run under
# fakeroot, so that all of it belongs to root.
#
# usage: make-rootfs.sh WORK PROGRAMS BUSYBOX LINUX-BUILD 'MODULE-DIR...' LAB DISK-SIZE

set -eu
. "$(dirname -- "$0")/common.sh"
work=$1
programs=$2
busybox=$3
linux=$4
module_dirs=$5
lab=$(realpath -- "$6")
disk_size=$7
tree=$work/tree

remove "$tree"
mkdir -p "$tree"
cd "$tree"
mkdir -p bin sbin usr/bin usr/sbin dev mnt proc sys tmp run root
cp -R "$root/guest/rootfs/." .
# A clone may have been made under any umask.
chmod -R u=rwX,go=rX .
chmod 1777 tmp
chmod 700 root

install -m 755 "$busybox" bin/busybox
for applet in $(./bin/busybox --list-full); do
	mkdir -p "$(dirname "$applet")"
	ln -sf /bin/busybox "$applet"
done
install -m 755 "$programs/kc-agent" sbin/kc-agent
ln -sf /sbin/kc-agent usr/bin/kc-host
install -m 755 "$programs"/tests/* usr/bin/
# shellcheck disable=SC2086 # a list of folders
"$root/scripts/install-modules.sh" "$tree" "$linux" "$lab" $module_dirs

# The kernel starts /init in an initramfs and /sbin/init on a disk. What that is comes
# from the second archive; it goes on with /sbin/init.
ln -s kc-init init
find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --reproducible --quiet >"$work/initramfs.cpio"
cat "$lab/drivers.cpio" >>"$work/initramfs.cpio"
rm init
remove "$work/disk.ext4"
truncate -s "$disk_size" "$work/disk.ext4"
mke2fs -q -t ext4 -d . -E lazy_itable_init=0 -L kernelcraft -F "$work/disk.ext4"
"$root/scripts/install-images.sh" "$work/initramfs.cpio" "$work/disk.ext4" "$lab"
remove "$work/initramfs.cpio" "$work/disk.ext4"
