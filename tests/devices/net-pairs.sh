#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# devices/net's guest test on what its tests.ini leaves out: rings, transports, offloads and
# buffers of all four pairs of a driver and a device. A sample; with SOAK the whole matrix.
. "$(dirname "$0")/../lib.sh"

cd "$root" || exit 1
file=$work/tests.ini
all='udp burst tcp'
[ -z "${SOAK-}" ] || all='raw udp burst tcp statistics down-and-up rebind'

# add NAME TRANSPORT DRIVER DEVICE PROPERTIES KERNEL
add() {
	bus=pci
	[ "$2" = pci ] || bus=device
	model=virtio-net-$bus
	[ "$4" = stock ] || model=craft-net-$bus
	echo "[$1]"
	echo "net = peer,device=$model$5"
	echo "transport = $2"
	echo "kernel = $6"
	echo "peer = peer"
	echo "smp = 2"
	if [ "$3" = stock ]; then
		echo "command = net_test $all"
	else
		echo "module = craft_net"
		echo "command = net_test take $all"
	fi
}

matrix() {
	for driver in stock ours; do
		for device in stock ours; do
			for transport in pci mmio; do
				add "$driver-$device-$transport-split" $transport $driver $device ,mrg_rxbuf=off both
				add "$driver-$device-$transport-packed" $transport $driver $device ,packed=on both
				add "$driver-$device-$transport-plain" $transport $driver $device \
					,csum=off,guest_csum=off,mrg_rxbuf=off,packed=on,indirect_desc=off normal
			done
		done
	done
}

{
	echo '[defaults]'
	echo 'timeout = 300'
	echo '[peer]'
	echo 'command = net_test serve'
	if [ -n "${SOAK-}" ]; then
		matrix
	else
		add sample-plain pci ours ours \
			,csum=off,guest_csum=off,mrg_rxbuf=off,packed=on,indirect_desc=off normal
	fi
} >"$file"

try 7200 "$kc" test "$file"
[ $status = 0 ]
result $? "the guest test passes on $(grep -c '^net = ' "$file") more machines"

done_testing
