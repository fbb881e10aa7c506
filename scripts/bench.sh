#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Measures, side by side in one run: the variants take turns, and what counts
# is the median and its ratio to the first. Times are this machine's, now.
#
# usage: bench.sh [ROUNDS]

set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
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
	"$kc" run --module hello_virtio "$@" -- hello_test latency 2000 "$size" 2>/dev/null |
		sed -n 's/.*median \([0-9]*\).*/\1/p' >>"$work/$name"
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

progress() {
	[ ! -t 2 ] || printf '\r\033[Kround %d of %d' "$1" "$rounds" >&2
}

for i in $(seq "$rounds"); do
	progress "$i"
	clock initramfs_on_pci "$kc" run -- true
	clock disk_on_pci "$kc" run --root disk -- true
	clock initramfs_on_mmio "$kc" run --transport mmio -- true
	clock bzImage_on_pci "$kc" run --kernel "$root/build/lab/bzImage" -- true
	round_trip split 64
	round_trip packed 64 --device virtio-hello-pci,packed=on
	round_trip mmio 64 --transport mmio
	round_trip split_with_65536_bytes 65536
done
[ ! -t 2 ] || printf '\r\033[K' >&2

echo "From nothing to the end of the first command (kc run -- true), median of $rounds:"
table ms initramfs_on_pci disk_on_pci initramfs_on_mmio bzImage_on_pci
echo "One message to virtio-hello and back, median of $rounds times 2000:"
table us split packed mmio split_with_65536_bytes
