#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Measures virtio block devices and drivers side by side, by kc bench: stock with its
# defaults, stock as it is best on this host, and ours, both halves and each with the stock
# other half. For each disk and depth the candidates for "tuned", of stock and of ours, are
# tried first, in rounds that do not count: who is best by chance there is not so in what is
# reported. A row ends as soon as its intervals are narrow.
#
# usage: bench-blk.sh [--rounds N] [--within PERCENT] [--seconds N] [--list] [ROW...]
#
# A ROW is one of those that --list prints; PATTERNs such as 'null-*-1' take several;
# without any all are measured. N rounds are the most, of N seconds each.

set -eu
. "$(dirname -- "$0")/common.sh"
kc=$root/build/bin/kc
results=$root/build/bench-blk
rounds=8 within=10 seconds=1 wanted=
cpus=$(nproc)
[ "$cpus" -ge 2 ] || cpus=2
[ "$cpus" -le 4 ] || cpus=4

while [ $# -gt 0 ]; do
	case $1 in
	--rounds) [ $# -gt 1 ] || die "--rounds needs a number"; rounds=$2; shift 2 ;;
	--within) [ $# -gt 1 ] || die "--within needs a percentage"; within=$2; shift 2 ;;
	--seconds) [ $# -gt 1 ] || die "--seconds needs a number"; seconds=$2; shift 2 ;;
	--list) list=1; shift ;;
	-*) die "unknown option '$1'" ;;
	*) wanted="$wanted $1"; shift ;;
	esac
done

# Fewer have no interval that could be narrow.
[ "$rounds" -ge 6 ] || within=

# disk, rw, bs, depth, jobs of each row, by its name
all_rows() {
	for disk in null file; do
		for rw in read write; do
			for depth in 1 32 128; do
				echo "$disk-$rw-$depth $disk rand$rw 4k $depth 1"
				echo "$disk-$rw-$depth-jobs$cpus $disk rand$rw 4k $depth $cpus"
			done
			echo "$disk-$rw-seq $disk $rw 128k 32 1"
		done
	done
}

is_wanted() {
	[ -n "$wanted" ] || return 0
	for pattern in $wanted; do
		# shellcheck disable=SC2254 # a pattern
		case $1 in $pattern) return 0 ;; esac
	done
	return 1
}

# What each machine's own half is, and what it asks of the load.
machine() {
	poll="--env HIPRI=1 --append virtio_blk.poll_queues=1"
	stock="-d virtio-blk-pci,drive=d,num-queues=$cpus"
	ours="-d craft-blk-pci,drive=d,num-queues=$cpus"
	our_poll="--module 'craft_blk poll_queues=1' --env HIPRI=1"
	case $1 in
	stock) echo "$1: $stock" ;;
	stock-ioeventfd-off) echo "$1: $stock,ioeventfd=off" ;;
	stock-iothread) echo "$1: $stock,iothread=io" ;;
	stock-event_idx-off) echo "$1: $stock,event_idx=off" ;;
	stock-polled) echo "$1: $stock $poll" ;;
	stock-polled-ioeventfd-off) echo "$1: $stock,ioeventfd=off $poll" ;;
	stock-polled-iothread) echo "$1: $stock,iothread=io $poll" ;;
	our-device) echo "$1: $ours" ;;
	our-driver) echo "$1: $stock --module craft_blk" ;;
	ours) echo "$1: $ours --module craft_blk" ;;
	ours-iothread) echo "$1: $ours,iothread=io --module craft_blk" ;;
	ours-polled) echo "$1: $ours $our_poll" ;;
	ours-polled-iothread) echo "$1: $ours,iothread=io $our_poll" ;;
	esac
}

stock_candidates="stock stock-ioeventfd-off stock-iothread stock-event_idx-off stock-polled
	stock-polled-ioeventfd-off stock-polled-iothread"
our_candidates="ours ours-iothread ours-polled ours-polled-iothread"

# In the guest, before the load: the disk goes to our driver, where there is one, and has no
# scheduler; whoever it is, the load finds it as /tmp/disk.
# shellcheck disable=SC2016 # what the guest is to expand
take='set -e
	if [ -d /sys/bus/virtio/drivers/craft_blk ]; then
		device=$(basename "$(readlink -f /sys/block/vda/device)")
		echo "$device" >/sys/bus/virtio/drivers/virtio_blk/unbind
		echo "$device" >/sys/bus/virtio/drivers/craft_blk/bind
	fi
	for disk in /sys/block/vd? /sys/block/cbd?; do [ -e "$disk" ] && break; done
	echo none >"$disk/queue/scheduler"
	ln -s "/dev/${disk##*/}" /tmp/disk'

backend() {
	if [ "$1" = null ]; then
		echo "-blockdev null-co,node-name=d,size=1073741824,read-zeroes=on"
		return
	fi
	[ -e "$results/disk" ] || dd if=/dev/zero of="$results/disk" bs=1M count=256 conv=fsync 2>/dev/null
	echo "-blockdev raw,node-name=d,file.driver=file,file.filename=$results/disk"
}

# measure FILE AGAINST OPTIONS MACHINE...: of the row at hand.
measure() {
	file=$1 against=$2 options=$3
	shift 3
	for name; do
		shift
		set -- "$@" "$(machine "$name")"
	done
	# shellcheck disable=SC2086 # words
	"$kc" bench --warmup 0 $options --smp "$cpus" --memory 512M --env HIPRI=0 \
		--qemu-args "-object iothread,id=io $(backend "$disk")" --setup "$take" --put "$job:/tmp/row.fio" \
		${against:+--against "$against"} --json "$file.json" --html "$file.html" "$@" -- fio /tmp/row.fio \
		>"$file.txt" </dev/null
}

# figures FILE FIGURE: of that each machine's name, median, and what is said of its ratios.
figures() {
	awk -v figure="$2," 'index($0, figure) == 1 { on = 1; next }
		on && $1 == "to" { sub(/^ *to [^ ]*: */, ""); line = line "; to tuned " $0; next }
		on && line { print line; line = "" }
		on && !NF { exit }
		on { name = $1; median = $3; sub(/.* half in +[^ ]+ to +[^ ]+ */, ""); line = name " " median " " $0 }' "$1.txt"
}

# best_of CANDIDATE...: by what was measured last
best_of() {
	figures "$results/tuned-$disk-$depth" iops | while read -r name median words; do
		case " $* " in *" $name "*) echo "$median $name" ;; esac
	done | sort -n | tail -n 1 | cut -d ' ' -f 2
}

# Once for each disk and depth: $tuned and $our_tuned, by random reads of one job
find_tuned() {
	if [ ! -e "$results/tuned-$disk-$depth.txt" ]; then
		write_job randread 4k 1
		# shellcheck disable=SC2086 # words
		measure "$results/tuned-$disk-$depth" "" "--rounds 2" $stock_candidates $our_candidates
	fi
	# shellcheck disable=SC2086 # words
	tuned=$(best_of $stock_candidates) our_tuned=$(best_of $our_candidates)
}

# write_job RW BS JOBS: without ramp_time, whose I/O would be in each count and in no sum
write_job() {
	cat >"$job" <<-END
		[row]
		filename=/tmp/disk
		rw=$1
		bs=$2
		iodepth=$depth
		numjobs=$3
		group_reporting=1
		ioengine=io_uring
		hipri=\${HIPRI}
		direct=1
		time_based=1
		runtime=$(awk "BEGIN { print int($seconds * 1000) }")ms
	END
}

# report FIGURE UNIT
report() {
	printf '  %s\n' "$1"
	figures "$results/$row" "$1" | while read -r name median words; do
		printf '    %-27s %9.1f %-2s  %s\n' "$name" "$median" "$2" "$words"
	done
}

# The halves alone where that says most: one job, and not too many requests
machines() {
	case $row in *-read-1 | *-write-1 | *-read-32 | *-write-32) halves="our-device our-driver" ;; *) halves= ;; esac
	for name in stock $tuned $halves ours ours-polled $our_tuned; do
		echo "$name"
	done | awk '!seen[$1]++'
}

# Of all rows: where one of ours is surely slower than stock with its defaults
below_stock() {
	echo "Fewer IOPS than stock with its defaults:"
	while read -r row; do
		figures "$results/$row" iops | sed 's/; to tuned.*//' |
			sed -n "s/^\(our[^ ]*\) [^ ]* \(x .*)\)  worse$/  $row: \1 \2/p"
	done <"$results/rows" | grep . || echo "  in no row"
}

mkdir -p "$results"
job=$results/row.fio
all_rows | while read -r row words; do ! is_wanted "$row" || echo "$row $words"; done >"$results/wanted"
[ -s "$results/wanted" ] || die "no such row: '${wanted# }'; --list has their names"
cut -d ' ' -f 1 "$results/wanted" >"$results/rows"
if [ "${list:-}" ]; then
	cat "$results/rows"
	exit
fi
rm -f "$results"/tuned-*
while read -r row disk rw bs depth jobs; do
	find_tuned
	write_job "$rw" "$bs" "$jobs"
	against=$tuned
	[ "$tuned" != stock ] || against=
	# shellcheck disable=SC2046 # words
	measure "$results/$row" "$against" "--rounds $rounds ${within:+--within $within}" $(machines)
	echo "$row: stock is best as $tuned, ours as $our_tuned"
	report iops /s
	report 'latency p50' us
	report 'latency p99' us
done <"$results/wanted"
below_stock
echo "Rounds, costs and distributions are in $results: ROW.txt, ROW.json, ROW.html"
