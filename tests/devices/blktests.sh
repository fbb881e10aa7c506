#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# blktests, which its user fetches, on our pair and on the stock pair: each of its tests
# that takes a block device ends alike on both. It needs bash, fio and more in the
# guest: that has this host's root over 9p, read-only, and runs it in there.
#
# usage: BLKTESTS_SRC=DIR blktests.sh [TEST...]    such as block/005
# shellcheck disable=SC2016 # what the guest is to expand
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../disk.sh"

# 011 switches the device off in PCI's configuration under load: the stock pair hangs for good,
# as virtio_blk has no time limit for requests.
wanted=${*:-block -x block/011}
seconds=${SOAK:+60}
seconds=${seconds:-10}
if [ ! "${BLKTESTS_SRC:-}" ]; then
	skip "blktests" "BLKTESTS_SRC names no folder with it"
	done_testing
	exit
fi

# A copy is built; what its user's host lacks to build one helper is that test's to say.
build() {
	cp -r "$BLKTESTS_SRC" "$work/blktests" && [ -x "$work/blktests/check" ] || return
	make -k -C "$work/blktests/src" || [ -x "$work/blktests/src/dio-offsets" ]
}
build >"$out" 2>"$err"
status=$?
result $status "blktests of BLKTESTS_SRC is built"
[ $status = 0 ] || { done_testing; exit; }

disk_limit=${SOAK:+3600}
disk_limit=${disk_limit:-900}
root_of_host="-virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap"
# Each test says how it ended in a file of its own; a line "= TEST VERDICT [REASON]" for each.
run='mkdir /host
	mount -t 9p -o trans=virtio,version=9p2000.L,cache=loose,msize=500000,ro host /host || exit 9
	cp -r /host$work/blktests /blktests || exit 9
	for dir in dev proc sys; do mount --rbind /$dir /host/$dir; done
	[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
	mount -t debugfs none /sys/kernel/debug 2>/dev/null
	mount -t tmpfs tmp /host/tmp
	mount -t tmpfs tmp /host/run
	mv /blktests /host/tmp
	echo "TEST_DEVS=(/dev/$disk) DEVICE_ONLY=1 TIMEOUT=$seconds" >/host/tmp/blktests/config
	chroot /host /bin/bash -c "cd /tmp/blktests && ./check $wanted" >&2
	cd /host/tmp/blktests/results/$disk || exit 9
	for test in */[0-9][0-9][0-9]; do
		echo "= $test $(sed -n "s/^status.//p" $test) $(sed -n "s/^reason.//p" $test | sed "s/$disk/DISK/g")"
	done'

# run_pair DRIVER DEVICE: what was said of each test, to $work/DRIVER
run_pair() {
	truncate -s 0 "$work/disk" && truncate -s 1G "$work/disk"
	disk_guest "$1" "$2" ,num-queues=2,bus=hotplug0 \
		"file=$work/disk,format=raw,discard=unmap" \
		"work=$work seconds=$seconds wanted='$wanted'; $run" --smp 2 --qemu-args "$root_of_host"
	sed -n 's/^= \(.*[^ ]\) *$/\1/p' "$out" >"$work/$1"
	[ $status = 0 ] && [ -s "$work/$1" ]
	result $? "$1 driver, $2 device: blktests runs, and the kernel has nothing to say"
}

run_pair stock stock
run_pair craft craft
while read -r test verdict; do
	echo "# $test: $verdict"
	[ "$(sed -n "s|^$test ||p" "$work/craft")" = "$verdict" ]
	result $? "$test ends alike on both"
done <"$work/stock"
done_testing
