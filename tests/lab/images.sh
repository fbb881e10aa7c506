#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels and root file systems of one's own, whole and broken, before QEMU is asked.
. "$(dirname "$0")/../lib.sh"

lab=$root/build/lab
boots() {
	try 90 "$kc" run --cold "$@" -- true
	[ "$status" = 0 ]
	result $? "boots with $1 ${2##*/}"
}

gzip -c "$lab/initramfs.cpio" >"$work/root.gz"
xz -1 --check=crc32 -c "$lab/bzImage" >"$work/bzImage.xz"
gzip -1 -c "$lab/vmlinux" >"$work/vmlinux.gz"
boots --kernel "$lab/bzImage"
boots --kernel "$lab/vmlinux.debug"
boots --rootfs "$work/root.gz"

head -c 1000000 "$lab/bzImage" >"$work/cut"
try 10 "$kc" run --kernel "$work/cut" -- true
refused "a bzImage that is cut short" 240 'it is cut short: 1000000 of '
head -c 9000000 "$lab/vmlinux" >"$work/vmlinux-cut"
try 10 "$kc" run --kernel "$work/vmlinux-cut" -- true
refused "a vmlinux that is cut short" 240 'it is cut short: 9000000 of '
for packed in bzImage.xz vmlinux.gz; do
	try 10 "$kc" run --kernel "$work/$packed" -- true
	refused "$packed as a kernel" 240 'unpack it first'
	try 10 "$kc" run --root "$work/$packed" -- true
	refused "$packed as a root" 240 'is not a root file system: it is a'
done

# PVH's entry is the note 18 of "Xen"; a vmlinux that has none is like this one.
LC_ALL=C sed 's/\(\x04\x00\x00\x00\x08\x00\x00\x00\)\x12\(\x00\x00\x00Xen\x00\)/\1\x13\2/' \
	"$lab/vmlinux" >"$work/no-pvh"
! cmp -s "$lab/vmlinux" "$work/no-pvh" || LC_ALL=C \
	sed 's/\(\x04\x00\x00\x00\x04\x00\x00\x00\)\x12\(\x00\x00\x00Xen\x00\)/\1\x13\2/' \
	"$lab/vmlinux" >"$work/no-pvh"
try 10 "$kc" run --kernel "$work/no-pvh" -- true
refused "a vmlinux without PVH" 240 'CONFIG_PVH=y, or give its bzImage'
try 10 "$kc" boot --kernel "$work/no-pvh" --dry-run
refused "in kc boot, too" 240 'CONFIG_PVH=y'
: >"$work/empty"
try 10 "$kc" run --kernel "$work/empty" -- true
refused "an empty kernel" 240 'it is an empty file'
try 10 "$kc" run --kernel "$lab/tracer" -- true
refused "a program as a kernel" 240 'is not a kernel that QEMU can start'
try 10 "$kc" run --kernel "$lab/initramfs.cpio" -- true
refused "a root as a kernel" 240 'it is an initramfs (cpio)'
try 10 "$kc" run --initrd "$lab/disk.ext4" --root disk -- true
refused "a disk as an initrd" 240 'is not an initramfs: it is an ext file system'
try 10 "$kc" run --root "$lab/bzImage" -- true
refused "a kernel as a root" 240 'it is a Linux kernel (bzImage)'

done_testing
