#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What happens to a disk while four processes write to it and verify: it is resized, the
# machine is stopped, and set back to what it was when it was saved; at the end
# the disk is torn out of its slot. On each pair of a driver and a device.
#
# usage: blk-life.sh [DRIVER/DEVICE...]
# shellcheck disable=SC2016 # what the guest is to expand
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../disk.sh"
. "$(dirname "$0")/../blk.sh"

pairs=${*:-craft/craft}
[ -z "${SOAK:-}" ] || [ $# -gt 0 ] || pairs='stock/stock craft/stock stock/craft craft/craft'

guest='
	passes=/tmp/passes
	(
		while blk_test parallel >/tmp/why; do
			echo >>$passes
		done
		echo >/tmp/ended
	) &
	# Two more passes, the first of which may have begun before
	more() {
		want=$(($(wc -l <$passes) + 2))
		until [ "$(wc -l <$passes)" -ge $want ]; do
			[ ! -e /tmp/ended ] || { cat /tmp/why >&2; return 1; }
			sleep 0.1
		done
	}
	: >$passes
	more && echo ready
	until [ "$(cat /sys/block/$disk/size)" = 196608 ]; do sleep 0.1; done
	more && echo resized
	sleep 3
	more && echo stopped
	sleep 6
	more && echo "set back"'

# The port cuts the power at once, and nobody is told: slot control is at 0x18 of
# the PCI Express capability, id 16. Requests are missed after a second here.
torn_out='
	cd /
	card=$(readlink -f /sys/block/$disk/device/..)
	port=${card%/*}
	byte() { set -- $(dd if=$port/config bs=1 skip=$1 count=1 2>/dev/null | od -b); echo $((0$2)); }
	at=$(byte 52)
	until [ "$(byte $at)" = 16 ]; do at=$(byte $((at + 1))); done
	echo 1000 >/sys/block/$disk/queue/io_timeout
	printf "\307" | dd of=$port/config bs=1 seek=$((at + 25)) conv=notrunc 2>/dev/null
	until [ -e /tmp/ended ]; do sleep 0.1; done
	grep -q "Input/output error\|I/O error" /tmp/why && echo "ended with an error"
	echo 1 >$card/remove
	[ -e /sys/block/$disk ] || echo gone'

monitor_says() {
	qmp human-monitor-command "{\"command-line\":\"$1\"}"
}

# What the host does while the guest's load goes on
disturb() {
	await 120 grep -q '^ready' "$out" && qmp block_resize '{"device":"d","size":100663296}' &&
		await 60 grep -q '^resized' "$out" && qmp stop '{}' && sleep 1 && qmp cont '{}' &&
		await 60 grep -q '^stopped' "$out" && monitor_says "savevm here" && sleep 2 &&
		monitor_says "loadvm here"
}

for pair in $pairs; do
	driver=${pair%/*} device=${pair#*/}
	what="$driver driver, $device device"
	if [ "$device" = craft ] && ! have_craft_device; then
		skip "$what" "this QEMU has no craft-blk-pci"
		continue
	fi
	rm -f "$work/qmp"
	: >"$out"
	cases_now='resized stopped set.back'
	commands=$guest
	[ "$driver" = stock ] || { commands="$guest; $torn_out" && cases_now="$cases_now ended.with.an.error gone"; }
	disturb >"$work/disturbed" 2>&1 &
	disk_guest "$driver" "$device" ,bus=hotplug0,packed=on driver=null-co,size=64M,read-zeroes=on,snapshot=on "$commands" \
		--qemu-args "$monitor"
	wait
	for name in $cases_now; do # with a dot for each blank
		grep -q "^$name" "$out"
		result $? "$what: $name"
	done
	[ $status = 0 ]
	result $? "$what: and the kernel has nothing to say"
	sed 's/^/# host: /' "$work/disturbed"
done

done_testing
