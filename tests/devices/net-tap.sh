#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Our halves of virtio-net on a tap, whose packets have headers: the host's stack sends
# large ones in one piece and leaves their sums to the driver, and takes the same. The
# tap and the other end of each connection are in namespaces of their own, which need
# no root; where a host forbids them it is skipped. SOAK has the stock halves, too.
# shellcheck disable=SC2016 # what the guest, or the shell in the namespaces, is to expand
. "$(dirname "$0")/../lib.sh"

export SERVE="$root/build/rootfs/tests/net_test" SAID="$work/said"

# The whole of it, in the namespaces: a tap, and who answers behind it
cat >"$work/inside" <<'END'
set -e
mount -t sysfs none /sys
[ "${QUEUES:-1}" = 1 ] || multi=multi_queue
ip tuntap add e0 mode tap ${multi-}
ip link set lo up
ip addr add 10.0.3.2/24 dev e0
ip link set e0 up
[ "$1" != try ] || exit 0
"$SERVE" serve >"$SAID" 2>&1 &
serve=$!
trap 'kill $serve 2>/dev/null || :' EXIT
"$@"
END

if ! command -v ip >"$out" 2>"$err"; then
	skip "packets with headers" "no ip (iproute2) on this host"
	done_testing
	exit
fi
try 30 unshare -Urnm sh "$work/inside" try
if [ $status != 0 ]; then
	skip "packets with headers" "no tap in namespaces of one's own here: $(tail -n 1 "$err")"
	done_testing
	exit
fi

# The NIC gets its driver and its address; a stream of 4 MiB there and back.
guest='if [ "$DRIVER" = craft_net ]; then
	cd /sys/bus/virtio/drivers/virtio_net
	nic=$(echo virtio*)
	echo "$nic" >unbind && echo "$nic" >../craft_net/bind || exit 9
	cd /
fi
nic=$(basename /sys/class/net/e*)
ip addr add 10.0.3.1/24 dev $nic && ip link set $nic up || exit 9
before=$(cat /sys/class/net/$nic/statistics/rx_packets)
net_test tcp udp burst || exit 1
echo "bytes $(cat /sys/class/net/$nic/statistics/rx_bytes) packets $(($(cat /sys/class/net/$nic/statistics/rx_packets) - before))"
echo "errors $(cat /sys/class/net/$nic/statistics/rx_errors)"
echo "queues $(ls -d /sys/class/net/$nic/queues/tx-* | wc -l)"'

# on DRIVER DEVICE PROPERTIES [QUEUES]
on() {
	export QUEUES="${4-1}"
	try 240 unshare -Urnm sh "$work/inside" "$kc" run --cold --no-device --smp "$QUEUES" \
		--module craft_net --env "DRIVER=$1" --qemu-args \
		"-netdev tap,id=t,ifname=e0,script=no,downscript=no,queues=$QUEUES -device $2,netdev=t,mac=52:54:00:6b:63:01$3" \
		-- sh -c "$guest"
	[ $status = 0 ] && grep -q '^ok 3 tcp' "$out" && grep -qx 'errors 0' "$out" &&
		grep -qx "queues $QUEUES" "$out"
	result $? "$1, $2$3: large packets each way, $QUEUES pairs of queues"
}

on craft_net craft-net-pci ""
on craft_net craft-net-pci ,mrg_rxbuf=off
on craft_net virtio-net-pci ,packed=on,mq=on,vectors=10 4
if [ "${SOAK:-}" ]; then
	for ring in "" ,packed=on ,mrg_rxbuf=off ,csum=off,guest_csum=off; do
		on virtio_net virtio-net-pci "$ring"
		on virtio_net craft-net-pci "$ring"
		on craft_net virtio-net-pci "$ring"
		on craft_net craft-net-pci "$ring,event_idx=off"
	done
	on craft_net craft-net-pci ,packed=on 4
	on virtio_net craft-net-pci "" 4
	on virtio_net virtio-net-pci ,mq=on,vectors=10 4
else
	skip "packets with headers of the stock halves, and in other rings" "SOAK=1 has them"
fi

done_testing
