#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# QEMU is killed in the middle of a load on craft-blk, over and over, and each
# block that the guest was told is on stable storage must be there the next time.
# The disk is a qcow2 file, whose new blocks are nowhere without a flush: a guest
# that says so without one is found out, which is tried, too.
# shellcheck disable=SC2016 # what the guest is to expand
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../blk.sh"

kills=${SOAK:+200}
kills=${kills:-20}

# Gives the disk that comes to our driver, if it is to have it.
take='echo ready; until [ -e /dev/vda ]; do sleep 0.05; done
	[ $0 = cbd0 ] || exec /blk-writer /dev/$0 "$@"
	cd /sys/bus/virtio/drivers
	disk=$(basename "$(readlink -f /sys/block/vda/device)")
	echo "$disk" >virtio_blk/unbind && echo "$disk" >craft_blk/bind && exec /blk-writer /dev/cbd0 "$@"'

guest() {
	timeout 200 "$kc" run --no-device --module craft_blk --qemu-args "$monitor" --put "$writer" -- "$@"
}

# life DISK DEVICE MODE [cbd0]: the guest looks for what it wrote, writes on, and is killed
life() {
	rm -f "$work/qmp"
	: >"$work/said"
	guest sh -c "$take" "${4:-vda}" "$flushed" "$3" >"$work/said" 2>"$err" </dev/null &
	await 60 grep -q '^ready' "$work/said" && add_disk "$1" >"$out" 2>&1 && plug "$2" >>"$out" 2>&1 &&
		await 90 grep -q '^flushed\|^lost' "$work/said" && sleep "$(a_while)"
	kill_qemu
	wait
	found=$(sed -n 's/^found \(.*\)\.$/\1/p' "$work/said")
	last=$(last_flushed "$work/said")
	[ "$found" = "$flushed" ] && [ "$last" ] && flushed=$last
}

# lives NAME COUNT DEVICE MODE [cbd0]: as often as that, and nothing is lost
lives() {
	name=$1
	flushed=0 n=0
	while [ $n -lt "$2" ] && life "$work/disk" "$3" "$4" "${5:-}"; do
		n=$((n + 1))
	done
	cat "$work/said" >>"$out"
	[ $n = "$2" ] && [ "$flushed" -gt 0 ]
	result $? "$name: $2 kills, all of $flushed blocks found again"
	rm -f "$work/disk"
}

# The first run boots, and its machine is saved and begins again.
guest true >"$out" 2>"$err" </dev/null
status=$?
result $status "a machine to be killed"
lives fsync $((kills / 4)) '"craft-blk-pci"' fsync
lives "our driver" $((kills / 4)) '"craft-blk-pci"' dsync cbd0
lives dsync $((kills / 4)) '"craft-blk-pci","packed":true,"iothread":"thread"' dsync
lives through $((kills / 4)) '"craft-blk-pci","write-cache":"off","ioeventfd":"on"' nothing

flushed=0
life "$work/unflushed" '"craft-blk-pci"' nothing
! life "$work/unflushed" '"craft-blk-pci"' nothing && grep -q '^lost' "$work/said"
result $? "a guest that does not flush loses what it wrote"
done_testing
