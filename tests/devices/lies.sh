#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A device that lies to the driver of virtio-echo, in each way that virtio-liar
# knows, all in one guest: a call fails or goes well as it should, none waits
# for ever, the kernel does not complain, and the module can be removed. On the
# debug kernel, where it is there, for that sees what a driver reads or writes
# beyond its own.
# shellcheck disable=SC2016 # what the guest is to expand
. "$(dirname "$0")/../lib.sh"

lies='none used-long used-huge used-none status len cookie event-len event-used event-seq'
refused_lies='config-version config-greeting config-payload config-restless'
kernel=
[ ! -e "$root/build/lab/debug/vmlinux" ] || kernel=--debug-kernel

devices=
for lie in $lies $refused_lies; do
	devices="$devices --device virtio-liar-device,lie=$lie"
done

# Each is asked for a word; its greeting is the name of its lie. What watches
# the time in BusyBox' timeout has the files open for a second more.
guest='for at in /sys/class/echo/echo*; do
	[ -e "$at/greeting" ] || continue
	node=/dev/$(basename "$at")
	exec 3<>"$node"
	echo word >&3
	echo "$(cat "$at/greeting"): $(timeout 20 head -n 1 <&3 2>&1)"
	exec 3>&-
	sed "s/^/$(cat "$at/greeting") /" "$at/stats"
done
dmesg | grep echo_virtio >&2
sleep 2
rmmod echo_virtio && echo removed'
# shellcheck disable=SC2086 # words
try 300 "$kc" run --transport mmio $kernel --boot-timeout 200 --module echo_virtio $devices -- sh -c "$guest"
[ $status = 0 ] && grep -qx removed "$out"
result $? "the driver outlives them all, and can be removed"
for lie in none event-len event-used event-seq; do
	grep -qx "$lie: word" "$out"
	result $? "$lie: a request goes well"
done
for lie in used-long used-huge used-none status len cookie; do
	grep -q "^$lie: .*I/O error" "$out" && grep -qx "$lie errors 1" "$out" &&
		grep -qx "$lie bytes 0" "$out"
	result $? "$lie: the request fails with EIO, and counts as an error"
done
for lie in event-len event-used; do
	grep -qx "$lie events 0" "$out" && [ "$(sed -n "s/^$lie errors //p" "$out")" -gt 16 ]
	result $? "$lie: no such event is told, and each is an error"
done
grep -q '^event-seq events [1-9]' "$out" && grep -q '^event-seq events_lost [1-9]' "$out"
result $? "event-seq: what is said to be lost is counted"
for lie in $refused_lies; do
	! grep -q "^$lie" "$out"
	result $? "$lie: the device is refused"
done
for words in 'speaks version 65535' 'greeting of 65535 bytes' 'max payload 0' 'never settles'; do
	grep -q "$words" "$err"
	result $? "... and the log says '$words'"
done

done_testing
