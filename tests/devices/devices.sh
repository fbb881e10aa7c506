#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The tests of every device and module, on both kernels where both are built.
# The debug kernel takes eight times as long: there each device that the list
# knows has its drivers' paths once (a split and a packed ring, one queue and
# four, PCI and mmio, unplugged, out of memory), others have all of their tests.
# SOAK=1: all of all.
. "$(dirname "$0")/../lib.sh"

# Of tests/run.sh, for whoever runs this file by itself
mkdir -p "$root/build/log/tests"

sample='blk/split blk/stock-device-smp4 blk/stock-device-unplug
	echo/smp4-packed echo/mmio echo/memory fault/packed hello/unplug net/ours-debug'

# on KERNEL TEST...: what kc test prints, its results numbered after those before
on() {
	kernel=$1
	shift
	{
		"$kc" test --kernel "$kernel" --junit "$root/build/log/tests/devices-$kernel.xml" "$@"
		echo $? >"$work/status"
	} | awk -v before=$cases -v file="$work/seen" '/^1\.\./ { plan = substr($0, 4); next }
		/^(not )?ok [0-9]/ { sub(/[0-9]+/, before + ++seen) }
		{ print; fflush() }
		END { print seen + 0 >file; exit !seen || plan != seen }'
	kept=$?
	cases=$((cases + $(cat "$work/seen")))
	status=$(cat "$work/status")
	[ $kept = 0 ] && [ "$status" = 0 ]
	result $? "kc test --kernel $kernel ends well"
}

on normal
if [ -e "$root/build/lab/debug/vmlinux" ]; then
	"$kc" test --list | awk '$2 != "normal" { print $1 }' >"$work/all"
	: >"$work/left"
	# shellcheck disable=SC2086 # a name a word
	[ "${SOAK:-}" ] || printf '%s\n' $sample | awk '{ split($1, device, "/") }
		NR == FNR { sample[$1]; known[device[1]]; next }
		device[1] in known && !($1 in sample)' - "$work/all" >"$work/left"
	# shellcheck disable=SC2046 # a name a line
	on debug $(grep -vxFf "$work/left" "$work/all")
	[ ! -s "$work/left" ] ||
		skip "variants on the debug kernel ($(paste -sd ' ' "$work/left"))" "SOAK=1 has them, too"
fi
done_testing
