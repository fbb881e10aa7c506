#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The planted faults show what they should: those of virtio-fault that its own
# guest test cannot plant, and those of kc_fault.ko that the normal kernel sees.
# shellcheck disable=SC2016 # what the guest is to expand
. "$(dirname "$0")/../lib.sh"

# guest_test NAME DEVICE [KC OPTIONS...] -- ARGUMENTS...
guest_test() {
	name=$1
	device=$2
	shift 2
	options=
	while [ "$1" != -- ]; do
		options="$options $1"
		shift
	done
	shift
	# shellcheck disable=SC2086 # options are words
	try 240 "$kc" run --module fault_virtio --device "$device" $options -- \
		sh -c 'fault_test "$@"; status=$?; dmesg >&2; exit $status' sh "$@"
	plan=$(sed -n 's/^1\.\.//p' "$out")
	[ $status = 0 ] && [ "$plan" -ge 1 ] &&
		[ "$(grep -c '^ok ' "$out")" = "$plan" ] &&
		! grep -qE 'BUG:|WARNING:|Oops|lockup|detected stalls|blocked for more than' "$err"
	result $? "$name"
}

pci=virtio-fault-pci
for fault in never-pops never-completes no-interrupt wrong-vector bad-id idle-id twice \
	long-used short-used needs-reset resets-itself no-notify event-behind; do
	guest_test "the driver survives a device that does $fault" $pci,fault=$fault -- survives
done
for fault in no-interrupt bad-id no-notify event-behind; do
	guest_test "packed: the driver survives $fault" $pci,packed=on,fault=$fault -- survives
done

# dies NAME STATUS WORDS FAULT
dies() {
	try 90 "$kc" run --timeout 30 --module fault_virtio --device $pci,fault="$4" -- \
		fault_test submit 1
	refused "$1" "$2" "$3"
}
dies "QEMU aborts" 242 'signal 6' abort
dies "QEMU exits" 242 'status 1' exit
dies "QEMU crashes" 242 'signal 11' segfault
dies "QEMU freezes" 246 'time limit' freeze

# denied NAME WORDS DEVICE [KC OPTIONS...]
denied() {
	name=$1
	words=$2
	device=$3
	shift 3
	try 60 "$kc" run --device "$device" "$@" -- true
	refused "$name" 242 "$words"
}
denied "an unknown fault lists all" 'there are: none, abort' $pci,fault=nonsense
denied "event index faults need event_idx" 'needs event_idx=on' $pci,event_idx=off,fault=event-ahead
denied "vector faults need vectors" 'vectors=2 or more' \
	virtio-fault-device,fault=wrong-vector --transport mmio

# kernel FAULT STATUS PATTERN: what the kernel says of a fault that it outlives
kernel() {
	try 90 "$kc" run --put "$root/build/lab/modules/kc_fault.ko" -- sh -c \
		'insmod kc_fault.ko how='"$1"' && rmmod kc_fault && dmesg'
	[ $status = "$2" ] && grep -q "kc_fault: $1: done" "$out" && grep -qE "$3" "$out"
	result $? "kernel: $1"
}
kernel words 0 'kc_fault: WARNING: BUG'
kernel warn 245 'WARNING: CPU: [0-9]+ PID: [0-9]+ at .*fault_warn\+'
kernel warn-text 245 '\] planted warning with a text$'
kernel refcount 245 'refcount_t: underflow; use-after-free'
kernel schedule-in-atomic 245 'BUG: scheduling while atomic: insmod/'
kernel stack 0 '\] CPU: [0-9]+ UID: 0 PID: [0-9]+ Comm: insmod'
kernel warn-stack 245 'planted warning above a stack'
kernel page-allocation 245 'insmod: page allocation failure: order:'
kernel same-name 245 "sysfs: cannot create duplicate filename '//kc_fault'"
kernel init-twice 245 'kobject: .* tried to init an initialized object'
kernel nobody-cared 245 'irq [0-9]+: nobody cared'
grep -q 'not_mine .*\[kc_fault\]' "$err" && grep -q 'Disabling IRQ #' "$err"
result $? "the handlers that did not care are quoted"
kernel bogus-return 245 'irq event [0-9]+: bogus return value 7'
kernel preempt-count 245 'softirq: huh, entered softirq'
kernel bug-words 245 '\] BUG: planted, without a stack'
grep -q 'BUG: planted' "$err" && ! grep -q 'of another matter' "$err"
result $? "what others print is not quoted"

# ends FAULT STATUS WORDS: what kc says of one that ends the process or more
ends() {
	try 90 "$kc" run --timeout 60 --put "$root/build/lab/modules/kc_fault.ko" -- \
		insmod kc_fault.ko how="$1"
	refused "kernel: $1" "$2" "$3"
}
ends bug 245 'kernel BUG at'
ends oops 245 'NULL pointer dereference'
ends panic 244 'planted panic'

done_testing
