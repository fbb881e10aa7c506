#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# How many interrupts our device raises for the kernel's own driver, which takes each at
# once: of requests that come one by one each has its own; where 32 are under way one is
# held for several. A null device answers at once, on the vCPU's thread.
# shellcheck disable=SC2016 # what the guest is to expand
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../disk.sh"

requests=8000
guest='name=$(basename $(readlink -f /sys/block/$disk/device))
	interrupts() { sed -n "s/^ *[0-9]*: *\([0-9]*\) .*$name-req.*/\1/p" /proc/interrupts; }
	for depth in 1 32; do
		before=$(interrupts)
		fio --rw=randread --bs=4k --iodepth=$depth --number_ios=$requests --norandommap || exit 1
		echo "depth $depth: $(($(interrupts) - before))"
	done'

# at DEPTH: what was counted
at() {
	sed -n "s/^depth $1: //p" "$out"
}

# seen NAME LEAST MOST DEPTH
seen() {
	[ "$(at "$4")" -ge "$2" ] && [ "$(at "$4")" -le "$3" ]
	result $? "$1: $(at "$4") interrupts for $requests requests"
}

# count DEVICE PROPERTIES
count() {
	disk_guest stock "$1" "$2" driver=null-co,size=64M,read-zeroes=on "requests=$requests; $programs$guest" \
		--smp 1 --qemu-args "$host_usr"
	[ $status = 0 ]
	result $? "$1 device$2"
}

count craft ""
seen "one by one" $((requests * 99 / 100)) $((requests * 101 / 100)) 1
seen "32 under way, held" 1 $((requests * 19 / 20)) 32
count craft ,event_idx=off,packed=on
seen "packed, without the event index, one by one" $((requests * 99 / 100)) $((requests * 101 / 100)) 1
seen "packed, 32 under way, held" 1 $((requests * 19 / 20)) 32
done_testing
