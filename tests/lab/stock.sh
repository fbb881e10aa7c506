#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The stock virtio devices, with the stock drivers: the lab can hold a device
# of ours against them.
# shellcheck disable=SC2016 # what the guest is to expand
. "$(dirname "$0")/../lib.sh"

mkdir "$work/share"
echo shared >"$work/share/file"
truncate -s 8M "$work/disk"

for transport in pci mmio; do
	bus=$([ $transport = pci ] && echo pci || echo device)

	try 90 "$kc" run --transport $transport \
		--qemu-args "-fsdev local,id=f,path=$work/share,security_model=none" \
		--device virtio-9p-"$bus",fsdev=f,mount_tag=host -- \
		sh -c 'mount -t 9p -o trans=virtio host /mnt && cat /mnt/file && echo back >/mnt/reply'
	[ $status = 0 ] && grep -qx shared "$out" && grep -qx back "$work/share/reply"
	result $? "9p on $transport"
	rm -f "$work/share/reply"

	try 90 "$kc" run --transport $transport --qemu-args '-netdev user,id=n' \
		--device virtio-net-"$bus",netdev=n -- \
		sh -c 'ip link set eth0 up && udhcpc -n -q -i eth0 && ping -c 2 10.0.2.2'
	[ $status = 0 ] && grep -q '2 packets received' "$out"
	result $? "net on $transport"

	try 90 "$kc" run --transport $transport \
		--qemu-args "-drive if=none,id=d,format=raw,file=$work/disk" \
		--device virtio-blk-"$bus",drive=d -- \
		sh -c 'dd if=/dev/urandom of=/dev/vda bs=1M count=8 && sync && md5sum </dev/vda'
	[ $status = 0 ] && [ "$(cut -d' ' -f1 "$out")" = "$(md5sum <"$work/disk" | cut -d' ' -f1)" ]
	result $? "blk on $transport"

	try 90 "$kc" run --transport $transport -- \
		sh -c 'grep -q virtio /sys/class/misc/hw_random/rng_current && head -c 64 /dev/hwrng | wc -c'
	[ $status = 0 ] && grep -qx 64 "$out"
	result $? "rng on $transport"
done

done_testing
