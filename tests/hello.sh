#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The whole guest test of virtio-hello on every kind of queue and machine, each
# in a machine of its own; a case passes if the plan was kept, nothing failed
# and the kernel did not complain.
# shellcheck disable=SC2016 # what the guest is to expand
. "$(dirname "$0")/lib.sh"

# matrix NAME PROPERTIES [KC OPTIONS...]
matrix() {
	name=$1
	device=$2
	shift 2
	# Messages of the kernel, too: a splat fails what passed by itself.
	try 240 "$kc" run --module hello_virtio --device "$device" "$@" -- \
		sh -c 'hello_test; status=$?; dmesg >&2; exit $status'
	plan=$(sed -n 's/^1\.\.//p' "$out")
	[ $status = 0 ] && [ "$plan" -ge 20 ] &&
		[ "$(grep -c '^ok ' "$out")" = "$plan" ] &&
		! grep -qE 'BUG:|WARNING:|Oops|lockup|detected stalls|possible recursive|blocked for more than' "$err"
	result $? "$name"
	[ $status = 0 ] || grep -B2 '^not ok' "$out" | sed 's/^/# /'
}

pci=virtio-hello-pci
mmio=virtio-hello-device
matrix "split ring" $pci
matrix "packed ring" $pci,packed=on
matrix "split, no indirect, no event index" $pci,indirect_desc=off,event_idx=off
matrix "packed, no indirect, no event index" $pci,packed=on,indirect_desc=off,event_idx=off
matrix "used in order" $pci,in_order=on
matrix "four CPUs" $pci --smp 4
matrix "four CPUs, packed" $pci,packed=on --smp 4
matrix "late and in reverse" $pci,latency-us=20000,reorder=on
matrix "a ring of four" $pci,queue-size=4,max-payload=4096
matrix "without MSI-X" $pci,vectors=0
matrix "without events and transforms" $pci,events=off,transform=off
matrix "mmio" $mmio --transport mmio
matrix "mmio, packed" $mmio,packed=on --transport mmio
matrix "root on disk" $pci --root disk

done_testing
