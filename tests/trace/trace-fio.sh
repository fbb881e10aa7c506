#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kc trace under fio on stock virtio-blk: each request counted by fio, by the
# guest's kernel and by the trace, which must agree. The host's own fio runs in
# the guest, where the host's /usr is mounted over 9p.
# shellcheck disable=SC2016 # what the guest is to expand
. "$(dirname "$0")/../lib.sh"

truncate -s 64M "$work/disk"
fio=$(readlink -f "$(command -v fio)")
loader=$(readlink -f /lib64/ld-linux-x86-64.so.2)
libraries=$(ldd "$fio" | sed -n 's/.*=> \([^ ]*\) .*/\1/p' | xargs readlink -f | xargs dirname | sort -u |
	sed 's|^/usr|/mnt|' | paste -sd:)

# What the guest says of itself goes to $err, with --json.
in_guest="mount -t 9p -o trans=virtio,msize=262144,cache=loose,ro host /mnt || exit 9
	fio() { /mnt${loader#/usr} --library-path $libraries /mnt${fio#/usr} --filename=/dev/vda \
		--name=job --group_reporting --direct=1 --output-format=json \"\$@\" >/tmp/fio.json; }"'
	counted() { cat /sys/block/vda/stat
		for job; do fio $job || return; grep -E "^ *\"(total_ios|io_bytes)\"" /tmp/fio.json; done
		cat /sys/block/vda/stat; }
	counted '

# load NAME TRANSPORT SMP PROPERTIES JOB...: a trace of fio's jobs on a device with these properties.
load() {
	name=$1 transport=$2 smp=$3 properties=$4
	shift 4
	kind=pci jobs=
	[ "$transport" = pci ] || kind=device
	for job; do jobs="$jobs '$job'"; done
	try 120 "$kc" trace --json - --no-device --transport "$transport" --smp "$smp" --memory 512M \
		--qemu-args "-drive if=none,id=d,discard=unmap,file=$work/disk,format=raw -object iothread,id=io
			-fsdev local,id=h,path=/usr,readonly=on,security_model=none -device virtio-9p-$kind,fsdev=h,mount_tag=host" \
		--device "virtio-blk-$kind,drive=d,id=b$properties" --only b -- sh -c "$in_guest$jobs"
	[ $status = 0 ] && grep -q '"lost":{"driver_events":0,"device_events":0,"probes_missed":0}' "$out"
	result $? "fio is traced and nothing is lost: $name"
	grep '"type":"buffer"' "$out" >"$work/buffers"
	grep '"type":"queue"' "$out" >"$work/queues"
	sed -n 's/.*"type":"trace".*"out_bytes":\([0-9]*\),"in_bytes":\([0-9]*\).*/\1 \2/p' "$out" >"$work/bytes"
	rm "$out"
}

# requests OUT IN: how many buffers are complete, and offer the device so many
# bytes to read and to write; patterns.
requests() {
	grep -F '"fate":"complete"' "$work/buffers" | grep -cE "\"out_bytes\":$1,\"in_bytes\":$2,"
}

# reads, sectors read, writes, sectors written, discards, flushes, as the guest's kernel counts
kernel_said() {
	grep -E '^ *[0-9]+( +[0-9]+){16} *$' "$err" | awk 'NR == 1 { split($0, a) }
		NR == 2 { print $1 - a[1], $3 - a[3], $5 - a[5], $7 - a[7], $12 - a[12], $16 - a[16] }'
}

# fio_said WORD: its sum over the jobs' reads, writes and trims
fio_said() {
	sed -n "s/^ *\"$1\" : \([0-9]*\).*/\1/p" "$err" | awk '{ n += $1 } END { print n + 0 }'
}

# The header of a request is 16 bytes, its status one; a discard names its range
# in 16 more. The kernel counts flushes among the writes, too.
agree() {
	kernel_said >"$work/said"
	read -r reads read_sectors writes written_sectors discards flushes <"$work/said"
	all=$((reads + writes + discards))
	[ "$all" -gt 0 ] && [ "$(wc -l <"$work/buffers")" = "$all" ] &&
		[ "$(requests '[0-9]*' '[0-9]*')" = "$all" ] &&
		[ "$(requests 16 1)" = "$flushes" ] && [ "$(requests 32 1)" = "$discards" ] &&
		[ "$(requests 16 '[0-9]{2,}')" = "$reads" ]
	result $? "each request of the guest's kernel is a buffer ($reads reads, $writes writes, of these $flushes flushes, $discards discards)"
	bytes=$(((read_sectors + written_sectors) * 512 + all * 17 + discards * 16))
	[ "$(awk '{ print $1 + $2 }' "$work/bytes")" = "$bytes" ]
	result $? "and each byte of them ($bytes with headers and status)"
	[ "$(fio_said io_bytes)" = $(((read_sectors + written_sectors) * 512 + discards * 65536)) ]
	result $? "which are those that fio moved and trimmed ($(fio_said io_bytes))"
}

load "split rings: 512 bytes to 1 MiB, a flush behind each fourth write, trims" pci 1 "" \
	"--rw=randrw --bssplit=512/30:4k/40:64k/20:1M/10 --size=16M --io_size=8M --ioengine=psync" \
	"--rw=randwrite --bs=8k --size=1M --ioengine=psync --fsync=4" \
	"--rw=randtrim --bs=64k --size=4M --ioengine=psync"
agree
[ "$flushes" -gt 30 ] && [ "$discards" = 64 ] && [ "$(fio_said total_ios)" = "$all" ]
result $? "fio made as many requests ($all), its flushes among them"

load "packed rings: four jobs, four queues, four CPUs, direct descriptors, an iothread" pci 4 \
	",packed=on,num-queues=4,indirect_desc=off,iothread=io" \
	"--rw=randrw --bs=4k --size=2M --ioengine=libaio --iodepth=16 --numjobs=4"
agree
[ "$(fio_said total_ios)" = "$all" ] && [ "$(wc -l <"$work/queues")" = 4 ]
result $? "fio made as many requests ($all), on each of the queues"

load "mmio, no event index, in order: batches that are merged, and requests that are split" mmio 2 \
	",event_idx=off,in_order=on" \
	"--rw=write --bs=4k --size=2M --ioengine=libaio --iodepth=64 --iodepth_batch=16" \
	"--rw=write --bs=4M --size=16M --ioengine=psync"
agree
[ "$all" != "$(fio_said total_ios)" ]
result $? "in other requests than fio made ($all, not $(fio_said total_ios))"

done_testing
