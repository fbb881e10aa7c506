#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Measures virtio network devices and drivers side by side, by kc bench, on the loop of two
# NICs of one guest (kc run --net loop): stock with its defaults and with variants of its
# options, and ours, both halves and each with the stock other half.
#
# usage: bench-net.sh [--rounds N] [--seconds N] [ROW...]
#
# A ROW is round-trips (60 bytes there and back, one at a time), packets (as many of 60
# bytes as go one way), or, into another namespace, stream (TCP), udp (full frames) or
# requests (a byte there and a byte back, by TCP).

set -eu
. "$(dirname -- "$0")/common.sh"
kc=$root/build/bin/kc
results=$root/build/bench-net
rounds=8 seconds=2 wanted=

while [ $# -gt 0 ]; do
	case $1 in
	--rounds) [ $# -gt 1 ] || die "--rounds needs a number"; rounds=$2; shift 2 ;;
	--seconds) [ $# -gt 1 ] || die "--seconds needs a number"; seconds=$2; shift 2 ;;
	round-trips | packets | stream | udp | requests) wanted="$wanted $1"; shift ;;
	*) die "'$1' is neither an option nor round-trips, packets, stream, udp or requests" ;;
	esac
done

# machines ROW: ours, as far as it is built; our device may take kicks in the vCPU, too
machines() {
	devices=$("$root/build/lab/qemu-system-x86_64" -device help)
	driver=
	[ ! -e "$root/build/lab/modules/craft_net.ko" ] || driver="--module craft_net"
	echo "stock: --net loop"
	echo "stock-ioeventfd-off: --net loop,ioeventfd=off"
	echo "stock-tx-timer: --net loop,tx=timer"
	# QEMU 10.0's device sometimes forgets to ask for a kick there, in what comes after a full
	# queue of the netdev's: the load would wait for ever.
	case $1 in round-trips | requests) echo "stock-packed: --net loop,packed=on" ;; esac
	[ ! "$driver" ] || echo "our-driver: --net loop $driver"
	case $devices in
	*craft-net-pci*)
		echo "our-device: --net loop,device=craft-net-pci"
		[ ! "$driver" ] || echo "ours: --net loop,device=craft-net-pci $driver"
		;;
	esac
}

# In the guest, before the load: the NICs go to our driver, where there is one.
# shellcheck disable=SC2016 # what the guest is to expand
take='set -e
	if [ -d /sys/bus/virtio/drivers/craft_net ]; then
		for nic in /sys/bus/virtio/drivers/virtio_net/virtio*; do
			echo "${nic##*/}" >/sys/bus/virtio/drivers/virtio_net/unbind
			echo "${nic##*/}" >/sys/bus/virtio/drivers/craft_net/bind
		done
	fi'

# measure ROW REGEX UNIT [--lower]
measure() {
	row=$1 number=$2 unit=$3 lower=${4-}
	set --
	while read -r line; do
		set -- "$@" "$line"
	done <<-END
		$(machines "$row")
	END
	echo "$row:"
	# shellcheck disable=SC2086 # an option or nothing
	"$kc" bench --rounds "$rounds" --smp 2 --memory 512M --no-device --setup "$take" \
		--number "$number" --unit "$unit" $lower --operations ' of ([0-9]+)$' \
		--json "$results/$row.json" --html "$results/$row.html" "$@" -- \
		net_test speed "$row" "$seconds" </dev/null | tee "$results/$row.txt"
}

# ratios ROW: of each machine of ours its name, how many times as good as stock with its
# defaults it is, and whether that is sure
ratios() {
	awk '/ is better\)$/ { metrics++; lower = /lower is better/ }
		metrics == 1 && /^ *our/ && match($0, / x [0-9.]+/) {
			ratio = substr($0, RSTART + 3, RLENGTH - 3)
			sure = $0 ~ /difference seen/ ? "no difference seen" : $NF
			printf "%s %.2f %s\n", $1, lower ? 1 / ratio : ratio, sure
		}' "$results/$1.txt"
}

# What is aimed at: ours 1.2 times stock in these rows, and none of ours below it in any
summarize() {
	echo "Times stock with its defaults:"
	for row; do
		case $row in round-trips | packets | requests) aim=1.2 ;; *) aim=1.0 ;; esac
		ratios "$row" | while read -r name ratio sure; do
			[ "$name" != ours ] || sure="$sure; aim $aim"
			printf '  %-12s %-11s %5.2f  %s\n' "$row" "$name" "$ratio" "$sure"
		done
	done
	echo "Worse than stock with its defaults:"
	for row; do
		ratios "$row" | sed -n "s/^\([^ ]*\) \([^ ]*\) worse$/  $row: \1, \2 times/p"
	done | grep . || echo "  in no row"
}

mkdir -p "$results"
wanted=${wanted:-round-trips packets stream udp requests}
for row in $wanted; do
	case $row in
	round-trips | requests) measure "$row" 'median ([0-9.]+) us' us --lower ;;
	packets) measure "$row" 'packets ([0-9]+)' /s ;;
	stream | udp) measure "$row" "$row ([0-9.]+)" MB/s ;;
	esac
done
# shellcheck disable=SC2086 # words
summarize $wanted
echo "Rounds, costs and distributions are in $results: ROW.txt, ROW.json, ROW.html"
