#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A device that lies to our driver of virtio-blk, in each way that
# virtio-blk-liar knows, all in one guest: reads and writes fail or go well as
# they should, none waits for ever, the kernel does not complain, and the module
# can be removed. On the debug kernel, where it is there. The kernel's own driver
# is kept from the devices: some of the lies stop it for ever.
# shellcheck disable=SC2016 # what the guest is to expand
. "$(dirname "$0")/../lib.sh"

good='none segments queues-many topology ranges ranges-none used-huge twice'
bad='used-none used-short status silent bad-id never needs-reset'
refused='capacity block-odd block-huge size queues-none restless'
kernel=
[ ! -e "$root/build/lab/debug/vmlinux" ] || kernel=--debug-kernel

devices=
for lie in $good $bad $refused; do
	devices="$devices --device virtio-blk-liar-device,lie=$lie"
done

# What is written to the second half, and read from there; each twice.
guest='for at in /sys/block/cbd*; do
	lie=$(cat $at/serial)
	disk=/dev/${at##*/}
	echo 1000 >$at/queue/io_timeout
	echo "$lie: here"
	for round in 1 2; do
		echo 1 >/proc/sys/vm/drop_caches
		dd if=$disk bs=4096 skip=24 count=1 of=/dev/null 2>/dev/null && echo "$lie: read $round"
		echo words | dd of=$disk bs=512 seek=200 conv=sync,fsync 2>/dev/null && echo "$lie: written $round"
	done
done
dmesg | grep craft_blk >&2
rmmod craft_blk && echo removed'
# shellcheck disable=SC2086 # words
try 300 "$kc" run --transport mmio $kernel --no-device --boot-timeout 200 --module craft_blk \
	--append initcall_blacklist=virtio_blk_init $devices -- sh -c "$guest"
[ $status = 0 ] && grep -qx removed "$out"
result $? "the driver outlives them all, and can be removed"
for lie in $good; do
	[ "$(grep -cE "^$lie: (read|written) " "$out")" = 4 ]
	result $? "$lie: reads and writes go well"
done
for lie in $bad; do
	grep -qx "$lie: here" "$out" && ! grep -q "^$lie: read" "$out"
	result $? "$lie: reads fail"
done
for lie in status silent bad-id never needs-reset; do
	! grep -q "^$lie: written" "$out"
	result $? "$lie: writes fail"
done
for lie in $refused; do
	! grep -q "^$lie" "$out"
	result $? "$lie: the device is refused"
done
for words in 'capacity of 18446744073709551615' 'blocks of 1000 bytes' 'segments of 1 bytes' \
	'says that it has no queue' 'never settles' 'resetting the device' 'topology ignored'; do
	grep -q "$words" "$err"
	result $? "... and the log says '$words'"
done

done_testing
