#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# fio with verify, and a filesystem, on each pair of a driver and a device:
# stock is the kernel's or QEMU's, craft is ours.
#
# usage: blk-pairs.sh [DRIVER/DEVICE...]
# shellcheck disable=SC2016 # what the guest is to expand
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../disk.sh"

pairs=${*:-craft/stock craft/craft}
[ -z "${SOAK:-}" ] || [ $# -gt 0 ] || pairs='stock/stock craft/stock stock/craft craft/craft'

# Each says its name once it went well.
load='
	verified() {
		name=$1
		shift
		fio --verify=crc32c "$@" && echo "$name"
	}
	verified sequential --rw=write --bs=128k --size=32M --iodepth=16
	verified random --rw=randwrite --bsrange=512-64k --blockalign=512 --size=8M --iodepth=32
	verified mixed --rw=randrw --bs=4k --size=8M --iodepth=32 --ioengine=libaio
	verified huge --rw=write --bs=4M --size=32M --iodepth=4
	verified stable --rw=randwrite --bs=16k --size=2M --ioengine=psync --sync=dsync
	verified flushed --rw=randwrite --bs=4k --size=1M --ioengine=psync --fdatasync=4
	verified jobs --rw=randwrite --bs=8k --size=4M --offset_increment=4M --numjobs=4 --iodepth=8 --group_reporting
	[ "$(cat /sys/block/$disk/queue/discard_max_bytes)" = 0 ] ||
		verified trimmed --rw=trimwrite --bs=64k --size=8M --ioengine=psync'

# What a compiler does to a disk: many small files, written, renamed and removed.
filesystem='
	cd /mnt/include/linux
	sums() { for file in *.h; do md5sum <"$file"; done | md5sum; }
	mke2fs /dev/$disk && mount -t ext4 /dev/$disk /tmp/fs && echo made
	want=$(sums)
	cp ./*.h /tmp/fs
	for file in /tmp/fs/*.h; do
		gzip -c "$file" >"$file.tmp" && mv "$file.tmp" "${file%.h}.o"
	done
	sync
	rm /tmp/fs/[a-m]*.o
	umount /tmp/fs && mount -t ext4 /dev/$disk /tmp/fs && cd /tmp/fs && [ "$(sums)" = "$want" ] && echo kept
	cd / && umount /tmp/fs && e2fsck -fn /dev/$disk >&2 && echo sound'

# judge WHAT NAME...: a case for each that must have gone well
judge() {
	what=$1
	shift
	for name; do
		grep -qx "$name" "$out"
		result $? "$what: $name"
	done
	[ $status = 0 ]
	result $? "$what: and the kernel has nothing to say"
}

# run_pair DRIVER DEVICE PROPERTIES [OPTION...]
run_pair() {
	what="$1 driver, $2 device$3"
	case "$*" in *--debug-kernel*) what="$what, debug kernel" ;; esac
	driver=$1 device=$2 properties=$3
	shift 3
	truncate -s 0 "$work/disk" && truncate -s 64M "$work/disk"
	disk_guest "$driver" "$device" "$properties" "file=$work/disk,format=raw,discard=unmap" \
		"$programs mkdir /tmp/fs; $load; $filesystem" --qemu-args "$host_usr" "$@"
	judge "$what" sequential random mixed huge stable flushed jobs trimmed made kept sound
}

# run_all DRIVER DEVICE [OPTION...]: both layouts, one queue and four
run_all() {
	driver=$1 device=$2
	shift 2
	for ring in packed=off packed=on; do
		run_pair "$driver" "$device" ",$ring,num-queues=1" "$@"
		run_pair "$driver" "$device" ",$ring,num-queues=4" --smp 4 "$@"
	done
}

for pair in $pairs; do
	driver=${pair%/*} device=${pair#*/}
	if [ "$device" = craft ] && ! have_craft_device; then
		skip "$driver driver, $device device" "this QEMU has no craft-blk-pci"
		continue
	fi
	if [ ! "${SOAK:-}" ]; then
		run_pair "$driver" "$device" ,packed=on,num-queues=4 --smp 4
		continue
	fi
	run_all "$driver" "$device"
	if [ -e "$root/build/lab/debug/vmlinux" ]; then
		run_all "$driver" "$device" --debug-kernel
	else
		skip "$driver driver, $device device, debug kernel" "it is not built"
	fi
done

done_testing
