#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Measures, side by side in one run: the variants take turns, and what counts
# is the median and its ratio to the first. Times are this machine's, now.
#
# usage: bench.sh [ROUNDS]

set -eu
. "$(dirname -- "$0")/common.sh"
kc=$root/build/bin/kc
rounds=${1:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Runs a command and adds its milliseconds to the results of NAME.
clock() {
	name=$1
	shift
	start=$(date +%s%N)
	"$@" >/dev/null 2>&1
	echo $((($(date +%s%N) - start) / 1000000)) >>"$work/$name"
}

# The median round trip of 2000 messages of SIZE bytes, in microseconds.
round_trip() {
	name=$1
	size=$2
	shift 2
	"$kc" run --module echo_virtio "$@" -- echo_test latency 2000 "$size" 2>/dev/null |
		sed -n 's/.*median \([0-9]*\).*/\1/p' >>"$work/$name"
}

# streamed NAME COMMAND...: milliseconds that 20000 messages take that keep the ring full.
streamed() {
	name=$1
	shift
	# shellcheck disable=SC2016 # what the guest is to expand
	"$kc" "$@" --module echo_virtio -- sh -c 'read -r start rest </proc/uptime
		echo_test stream 20000 64 >/dev/null
		read -r end rest </proc/uptime
		echo "took $start $end"' 2>/dev/null |
		awk '/^took / { printf "%d\n", ($3 - $2) * 1000 }' >>"$work/$name"
}

# joined: milliseconds and MiB that a million buffers take kc when their command has ended.
joined() {
	"$kc" trace --verbose --memory 512M --buffer 192M \
		--device virtio-echo-pci --only echo --module echo_virtio -- echo_test stream 1000000 64 2>&1 >/dev/null |
		sed -n 's/^kc: 1000000 buffers joined and summed up in \([0-9.]*\) s; kc took \([0-9]*\) MiB.*/\1 \2/p' |
		while read -r seconds mib; do
			awk -v s="$seconds" 'BEGIN { print s * 1000 }' >>"$work/joined"
			echo "$mib" >>"$work/memory"
		done
}

median() {
	sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# table UNIT FIRST OTHERS...
table() {
	unit=$1
	shift
	first=$(median "$work/$1")
	for name in "$@"; do
		value=$(median "$work/$name")
		awk -v n="$name" -v v="$value" -v f="$first" -v u="$unit" \
			'BEGIN { gsub("_", " ", n); printf "  %-28s %7d %s   x %.2f\n", n, v, u, v / f }'
	done
}

# faster SLOW FAST WORDS: how many times faster the second is.
faster() {
	awk -v s="$(median "$work/$1")" -v f="$(median "$work/$2")" -v w="$3" \
		'BEGIN { printf "  %-28s %7.1f times faster\n", w, s / f }'
}

# of_rate SLOW FAST WORDS: how much of the second's rate the first has.
of_rate() {
	awk -v s="$(median "$work/$1")" -v f="$(median "$work/$2")" -v w="$3" \
		'BEGIN { printf "  %-28s %7.0f %%\n", w, f / s * 100 }'
}

# What a cold run goes to. The kernel speaks from its first moment on only when
# it is told to; that costs little.
phases() {
	name=$1
	shift
	"$kc" run --cold --phases --append earlyprintk=ttyS0 "$@" -- true 2>&1 >/dev/null |
		sed -n 's/^kc: *\([0-9.]*\) ms  \(.*\)/\1 \2/p' | while read -r ms phase; do
		echo "$ms" >>"$work/$name.$phase"
	done
}

phase_table() {
	for phase in 'QEMU and firmware' decompression kernel init agent command 'end of QEMU' 'in all'; do
		[ ! -e "$work/$1.$phase" ] ||
			printf '  %-28s %7.0f ms\n' "$phase" "$(median "$work/$1.$phase")"
	done
}

# The edits are made to a project of links.
start_watch() {
	# shellcheck source=tests/scratch.sh
	. "$root/tests/scratch.sh"
	scratch_project "$work/project"
	KC_ROOT=$work/project "$kc" watch hello >"$work/watch" 2>&1 &
	watcher=$!
	trap 'kill $watcher; wait $watcher; put_back; rm -rf "$work"' EXIT
	await_verdict 0
}

verdicts() {
	grep -c ', after [0-9.]* s;' "$work/watch"
}

await_verdict() {
	until [ "$(verdicts)" -gt "$1" ]; do
		kill -0 $watcher
		sleep 0.1
	done
}

# edit NAME FILE: what kc watch says of the time from a save to its verdict. A
# machine that is to be saved meanwhile has been.
edit() {
	sleep 5
	before=$(verdicts)
	echo "/* $(date +%s%N) */" >>"$work/project/devices/hello/$2"
	await_verdict "$before"
	sed -n 's/.* PASSED, after \([0-9]*\)\.\([0-9]\) s;.*/\1\200/p' "$work/watch" |
		tail -n 1 >>"$work/$1"
}

# The same for files of Linux' and QEMU's trees
edit_in_trees() {
	# shellcheck source=tests/scratch.sh
	. "$root/tests/scratch.sh"
	over_project "$work/over" "$root/scripts/bench-trees.sh" "$((rounds < 3 ? rounds : 3))" >"$work/trees" || {
		echo "bench: nothing is measured in Linux' and QEMU's trees: no overlay over the project" >&2
		return 0
	}
	while read -r name ms; do
		echo "$ms" >>"$work/$name"
	done <"$work/trees"
}

# built DEVICES: the lab, with these devices outside the project
built() {
	KC_DEVICES=$1 make -s -C "$root" all >"$work/made" 2>&1 || {
		cat "$work/made" >&2
		return 1
	}
}

# lap NAME: the milliseconds since the last one
lap() {
	now=$(date +%s%N)
	echo $(((now - last) / 1000000)) >>"$work/$1"
	last=$now
}

# From kc new to the verdict of the device's tests, on each kernel that is built.
# A device outside leaves nothing in the project; then the lab is as before.
fresh() {
	mine=$work/fresh/bench_fresh${KC_DEVICES:+:$KC_DEVICES}
	last=$(date +%s%N)
	first=$last
	"$kc" new --out "$work/fresh" bench_fresh >/dev/null
	lap new
	built "$mine"
	lap make
	KC_DEVICES=$mine "$kc" test bench_fresh >/dev/null
	lap test
	last=$first
	lap to_the_verdict
	put_back
}

put_back() {
	[ ! -e "$work/fresh" ] || built "${KC_DEVICES:-}"
	rm -rf "$work/fresh"
}

progress() {
	[ ! -t 2 ] || printf '\r\033[Kround %d of %d' "$1" "$rounds" >&2
}

# The first run of each machine is not the measure.
for options in '' '--root disk' '--transport mmio'; do
	# shellcheck disable=SC2086 # words
	"$kc" run $options -- true 2>/dev/null
done
edit_in_trees
start_watch
for i in $(seq "$rounds"); do
	progress "$i"
	clock cold_on_pci "$kc" run --cold -- true
	clock warm_on_pci "$kc" run -- true
	clock cold_with_a_disk "$kc" run --cold --root disk -- true
	clock warm_with_a_disk "$kc" run --root disk -- true
	clock cold_on_mmio "$kc" run --cold --transport mmio -- true
	clock warm_on_mmio "$kc" run --transport mmio -- true
	phases vmlinux
	phases bzImage --kernel "$root/build/lab/bzImage"
	edit driver.c driver.c
	edit device.c device.c
	edit abi.h abi.h
	round_trip split 64 --device virtio-echo-pci
	round_trip packed 64 --device virtio-echo-pci,packed=on
	round_trip mmio 64 --transport mmio --device virtio-echo-device
	round_trip split_with_65536_bytes 65536 --device virtio-echo-pci
	streamed not_traced run --device virtio-echo-pci
	streamed traced trace --device virtio-echo-pci --only echo
done
# Each takes most of a minute.
for i in 1 2 3; do
	joined
	fresh
done
[ ! -t 2 ] || printf '\r\033[K' >&2

echo "From nothing to the end of the first command (kc run -- true), median of $rounds:"
table ms cold_on_pci warm_on_pci cold_with_a_disk warm_with_a_disk cold_on_mmio warm_on_mmio
faster cold_on_pci warm_on_pci 'warm on pci is'
faster cold_with_a_disk warm_with_a_disk 'warm with a disk is'
faster cold_on_mmio warm_on_mmio 'warm on mmio is'
echo "What a cold run goes to, with the kernel entered as vmlinux:"
phase_table vmlinux
echo "and as bzImage, which unpacks itself first:"
phase_table bzImage
echo "From a saved file to the verdict (kc watch hello), median of $rounds:"
table ms driver.c device.c abi.h
[ ! -e "$work/virtio_blk.c" ] || {
	echo "The same for files of Linux' and QEMU's trees, median of 3:"
	table ms virtio_blk.c virtio_blk.c,_of_the_root virtio-blk.c,_of_QEMU virtio_ring.c,_built_in
}
echo "From kc new to the verdict of its tests, median of 3:"
table ms to_the_verdict new make test
echo "One message to virtio-echo and back, median of $rounds times 2000:"
table us split packed mmio split_with_65536_bytes
echo "20000 messages to virtio-echo that keep the ring full, median of $rounds:"
table ms not_traced traced
of_rate traced not_traced 'rate while traced'
echo "A million buffers read, joined and summed up by kc trace, median of 3:"
printf '  %-28s %7d ms\n' time "$(median "$work/joined")"
printf '  %-28s %7d MiB\n' "kc's memory at most" "$(median "$work/memory")"
