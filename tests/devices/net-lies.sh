#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A device that lies to our driver of virtio-net, in each way that
# virtio-net-liar knows, all in one guest: packets come back or are counted as
# errors, none harms, none waits for ever, the kernel does not complain, and the
# module can be removed. SOAK does it on the debug kernel. The kernel's own driver
# is kept from the devices.
# shellcheck disable=SC2016 # what the guest is to expand
. "$(dirname "$0")/../lib.sh"

# In the order of the device's table: the last byte of an address is the place.
lies="none mac mtu pairs restless used-none used-short used-huge buffers-none buffers-many \
	buffers-empty csum-start gso-type gso-huge bad-id twice needs-reset unsent \
	ctrl-silent ctrl-wordless ctrl-error swallows"
good='none mtu pairs ctrl-silent ctrl-wordless ctrl-error'
errors='used-none used-short used-huge buffers-none buffers-many buffers-empty csum-start
	gso-type gso-huge'
reset='bad-id twice needs-reset'
kernel=
[ -z "${SOAK:-}" ] || kernel=--debug-kernel

# QEMU does not lower the line of an mmio device that failed before it is reset.
storm='irq *: nobody cared* | the line of a device that failed stays up until it is reset'
unsent='*: NETDEV WATCHDOG: * | a device that sends nothing is seen by the stack'
devices=
for lie in $lies; do
	devices="$devices --device virtio-net-liar-device,lie=$lie"
done

# Each asks for an address that nobody has, and hears itself. Twice: what a reset
# mended works again, and is broken again.
guest='for at in /sys/class/net/eth*; do
	if=${at##*/}
	ip addr add 10.0.${if#eth}.1/24 dev $if && ip link set $if up || echo "$if: cannot be opened"
done
for round in 1 2; do
	for at in /sys/class/net/eth*; do
		if=${at##*/}
		ping -c 1 -W 2 10.0.${if#eth}.$((1 + round)) >/dev/null 2>&1 &
	done
	wait
done
for at in /sys/class/net/eth*; do
	mac=$(cat $at/address)
	set -- '"$lies"'
	shift $((0x${mac##*:} % 64))
	[ "${mac%:*}" = 52:54:00:00:00 ] || set -- mac
	cd $at/statistics
	echo "$1: packets=$(cat rx_packets) errors=$(cat rx_errors) sent=$(cat tx_packets)"
	cd /
done
dmesg | grep craft_net >&2
rmmod craft_net && echo removed'
# shellcheck disable=SC2086 # words
try 400 "$kc" run --transport mmio $kernel --memory 1G --no-device --boot-timeout 200 \
	--allow "$storm" --allow "$unsent" --module craft_net --append initcall_blacklist=virtio_net_driver_init $devices -- sh -c "$guest"
[ $status = 0 ] && grep -qx removed "$out"
result $? "the driver outlives them all, and can be removed"
for lie in $good mac; do
	grep -q "^$lie: packets=[1-9][0-9]* errors=0 sent=[1-9]" "$out"
	result $? "$lie: packets come back"
done
for lie in $errors; do
	grep -q "^$lie: packets=0 errors=[1-9]" "$out"
	result $? "$lie: packets are counted as errors"
done
for lie in $reset; do
	grep -q "^$lie: " "$out"
	result $? "$lie: the device is kept"
done
grep -q "^unsent: packets=0 errors=0 sent=0" "$out"
result $? "unsent: nothing is sent"
grep -q "^swallows: packets=0 errors=0 sent=[1-9]" "$out"
result $? "swallows: nothing is received"
! grep -q "^restless" "$out"
result $? "restless: the device is refused"
for words in 'never settles' 'feature 22 not used: pairs of queues: 65535' 'MTU of 1$' \
	'ff:ff:ff:ff:ff:ff is not one of a station' 'no answer to command' 'resetting the device' \
	'header of a packet is wrong'; do
	grep -q "$words" "$err"
	result $? "... and the log says '$words'"
done

# Of speed and duplex one is beyond the standard's bounds, the other is not; a long packet
# makes the devices change that. The address' last byte is the number of the lie.
guest='show() {
	for at in /sys/class/net/eth*; do
		echo "$1 ${at##*/} $(cat $at/address | tail -c 3): $(cat $at/speed) $(cat $at/duplex)"
	done
}
for if in eth0 eth1; do
	ip addr add 10.0.${if#eth}.1/24 brd + dev $if && ip link set $if up
done
show before
for if in eth0 eth1; do
	ping -c 1 -W 1 -s 1200 10.0.${if#eth}.255 >&2
done
show after'
# shellcheck disable=SC2086 # words
try 400 "$kc" run --transport mmio $kernel --no-device --module craft_net \
	--append initcall_blacklist=virtio_net_driver_init \
	--device virtio-net-liar-device,lie=speed --device virtio-net-liar-device,lie=duplex -- \
	sh -c "$guest"
# link LIE WHEN SPEED DUPLEX NAME: -1 is unknown
link() {
	grep -q "^$2 eth[01] $1: $3 $4$" "$out"
	result $? "$5"
}
link 16 before -1 full "speed: one of 0x80000000 is unknown, and the duplex is not"
link 17 before 2147483647 unknown "duplex: one of 2 is unknown, and the speed is not"
link 16 after 2147483647 unknown "speed: what was known is unknown, and the other way round"
link 17 after -1 full "duplex: what was known is unknown, and the other way round"

done_testing
