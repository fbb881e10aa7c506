#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kc bench with fio, which the guest has not: its figures, and what its requests cost, of
# which the counters of QEMU and of the guest's kernel tell by the request.
. "$(dirname "$0")/../lib.sh"

null='-blockdev null-co,node-name=d,size=1073741824,read-zeroes=on'

# value MACHINE NAME: of its only round, from the JSON; machines from 1.
value() {
	grep "\"$2\" :" "$work/fio.json" | sed -n "$1s/.* : \([-0-9.e]*\),*/\1/p"
}

# near VALUE LEAST MOST
near() {
	awk -v v="$1" -v a="$2" -v b="$3" 'BEGIN { exit !(v != "" && v >= a && v <= b) }'
}

# fio_bench OPTIONS-OF-FIO MACHINE MACHINE: 512 reads of each machine, one by one.
fio_bench() {
	options=$1
	shift
	# shellcheck disable=SC2086 # words
	try 200 "$kc" bench --rounds 1 --warmup 0 --memory 384M --qemu-args "$null" --json "$work/fio.json" "$@" -- \
		fio --name=r --filename=/dev/vda --rw=randread --bs=4k --size=2M --direct=1 $options
}

fio_bench --ioengine=psync 'split: -d virtio-blk-pci,drive=d' 'packed: -d virtio-blk-pci,drive=d,packed=on'
[ $status = 0 ] && grep -q '^iops, /s (' "$out" && grep -q '^latency p99, us (' "$out" &&
	grep -q '^per I/O ' "$out"
result $? "a guest without fio runs this host's, and its figures are read"
[ "$(value 1 operations)$(value 2 operations)" = 512.0512.0 ]
result $? "512 reads of each machine"
# The kernel looks at the disk's start when it appears, not meanwhile.
for machine in 1 2; do
	near "$(value $machine kicks)" 512 560 && near "$(value $machine interrupts)" 512 560 &&
		near "$(value $machine guest_virtio_interrupts)" 512 560
	result $? "one by one each is a kick and an interrupt, which the guest took"
done
cpu=$(value 1 host_cpu_s) vcpus=$(value 1 host_vcpus_s)
near "$cpu" 0.001 200 && near "$vcpus" 0.001 "$cpu" && near "$(value 1 guest_cpu_s)" 0.001 200
result $? "and each took time of both CPUs"
if grep -q '"accelerator" : "TCG"' "$work/fio.json"; then
	[ "$(grep -c '"exits" : null' "$work/fio.json")" = 2 ] && grep -q 'exits .* not with TCG' "$out"
else
	near "$(value 1 exits)" 512 1e9
fi
result $? "exits are told under KVM, and not made up under TCG"

fio_bench '--ioengine=io_uring --hipri=1' --smp 2 --append virtio_blk.poll_queues=1 \
	'split: -d virtio-blk-pci,drive=d,num-queues=2' 'packed: -d virtio-blk-pci,drive=d,num-queues=2,packed=on'
[ $status = 0 ] && near "$(value 1 kicks)" 512 560 && near "$(value 1 interrupts)" 0 40 &&
	near "$(value 2 guest_virtio_interrupts)" 0 40
result $? "where the driver polls, no interrupt is sent and none is taken"

try 100 "$kc" bench --rounds 1 --warmup 0 'a:' 'b:' -- fio --name=r --rw=nonsense --size=1M
[ $status = 1 ] && grep -q "machine 'a', round 1: the load ended with status 1: " "$err"
result $? "an fio that fails ends it"
try 100 "$kc" bench --rounds 1 --warmup 0 'a:' 'b:' -- fio --minimal --name=r --ioengine=null --rw=read --size=1M
refused "and one that is asked for another output" 1 "fio printed no JSON"

done_testing
