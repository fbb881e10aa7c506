#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# devices/net's guest test on what its tests.ini leaves out: rings, transports, offloads,
# buffers and numbers of queues of all four pairs of a driver and a device, with a QEMU that
# says what our driver breaks of the standard: nothing. A sample; with SOAK the whole matrix.
# Stock's device has as many queues as its netdev, which is one here: net-tap.sh has more.
#
# usage: net-pairs.sh [PATTERN...]
#
# A PATTERN selects of the matrix by DRIVER-DEVICE-TRANSPORT-RING-QUEUES-KERNEL, such as
# 'ours-ours-pci-*-normal': all of it takes hours.
. "$(dirname "$0")/../lib.sh"

cd "$root" || exit 1
list=$work/tests.ini
[ $# = 0 ] || SOAK=1
all='udp burst tcp'
[ -z "${SOAK-}" ] || all='raw udp burst tcp statistics down-and-up rebind'
patterns=${*:-*}

is_wanted() {
	set -f
	for pattern in $patterns; do
		# shellcheck disable=SC2254 # a pattern
		case $1 in $pattern) set +f && return ;; esac
	done
	set +f
	return 1
}

# Linux' own driver is kept from the NIC: without mergeable buffers it leaves num_buffers as
# it was in memory. What each QEMU logs is in a file with its process' number.
ours() {
	echo "module = craft_net"
	echo "append = initcall_blacklist=virtio_net_driver_init"
	echo "qemu-args = -d guest_errors -D $work/broken.%d"
}

# add DRIVER DEVICE TRANSPORT RING QUEUES KERNEL PROPERTIES
add() {
	name=$1-$2-$3-$4-$5-$6
	is_wanted "$name" || return 0
	bus=pci
	[ "$3" = pci ] || bus=device
	model=virtio-net-$bus
	[ "$2" = stock ] || model=craft-net-$bus,queue-pairs=$5
	echo "[$name]"
	echo "net = peer,device=$model$7"
	echo "transport = $3"
	echo "kernel = $6"
	echo "peer = peer"
	echo "smp = $(($5 > 2 ? $5 : 2))"
	tests=$all
	[ "$5" = 1 ] || tests="$all channels"
	[ "$4" != mtu ] || tests="udp burst tcp jumbo"
	echo "command = net_test $tests"
	[ "$1" = stock ] || ours
}

# rings DRIVER DEVICE TRANSPORT QUEUES
rings() {
	for kernel in normal debug; do
		add "$1" "$2" "$3" split "$4" $kernel ,mrg_rxbuf=off
		add "$1" "$2" "$3" packed "$4" $kernel ,packed=on
	done
	add "$1" "$2" "$3" plain "$4" normal \
		,csum=off,guest_csum=off,mrg_rxbuf=off,packed=on,indirect_desc=off
	add "$1" "$2" "$3" mtu "$4" normal ,host_mtu=9000,mrg_rxbuf=off
}

matrix() {
	for driver in stock ours; do
		for transport in pci mmio; do
			rings $driver stock $transport 1
			rings $driver ours $transport 1
			rings $driver ours $transport 4
		done
	done
}

defaults() {
	echo '[defaults]'
	echo 'timeout = 300'
	echo '[peer]'
	echo 'command = net_test serve'
}

{
	defaults
	if [ -n "${SOAK-}" ]; then
		matrix
	else
		patterns='*-plain-1-normal *-mtu-1-normal *-packed-4-normal'
		rings ours ours pci 1
		rings ours ours pci 4
	fi
} >"$list"

# What is broken is of our device's own words: QEMU's log has more, such as of the board.
broken() {
	cat "$work"/broken.* 2>/dev/null | grep '^craft-net: '
}

try 7200 "$kc" test "$list"
[ $status = 0 ]
result $? "the guest test passes on $(grep -c '^net = ' "$list") more machines"
! broken >"$out"
result $? "and our driver breaks nothing of the standard"

# The same driver, which sends what is the device's to say
mkdir "$work/driver"
cp devices/net/*.[ch] devices/net/Kbuild "$work/driver"
sed -i 's/\(memset(&hdr->num_buffers, \)0,/\11,/' "$work/driver/driver-tx.c"
try 300 make -s -C "$(readlink -f build/linux)" M="$work/driver" modules
expect "a driver that breaks it is built" [ $status = 0 ]
rm -f "$work"/broken.*
patterns='*'
{
	defaults
	add ours ours pci split 1 normal '' | sed -e "s|^module = .*|module = $work/driver/craft_net.ko|" \
		-e 's/^command = .*/command = net_test udp/'
} >"$list"
try 300 "$kc" test "$list"
[ $status = 0 ] && broken >"$out" && ! grep -v ': num_buffers is not 0: ' "$out"
result $? "and is told of"

done_testing
