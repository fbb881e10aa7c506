#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Many guests at once from one saved machine: one makes it, and none sees
# another's words, disk or name.
# Alone: by itself it runs more guests than there are CPUs.
. "$(dirname "$0")/../lib.sh"

export KC_ROOT="$work/root"
mkdir -p "$KC_ROOT/devices" "$KC_ROOT/kc" "$KC_ROOT/build/cache"
ln -s "$root/build/lab" "$KC_ROOT/build/lab"
cp "$root/build/cache/accel" "$KC_ROOT/build/cache/" 2>/dev/null
first="first run"
guests=12
[ -z "${SOAK:-}" ] || guests=64

# each WORD: every one has said its own number first, and succeeded
each() {
	for i in $(seq $guests); do
		[ "$(head -n 1 "$work/$1.$i")" = "$i" ] && [ "$(cat "$work/$1.$i.status")" = 0 ] ||
			return
	done
}

try 60 "$kc" cache clear
for i in $(seq $guests); do
	{
		timeout 200 "$kc" run -- sh -c "echo $i; cat /proc/sys/kernel/random/boot_id" \
			>"$work/many.$i" 2>"$work/many.$i.err"
		echo $? >"$work/many.$i.status"
	} &
done
wait
cat "$work"/many.*.err >"$err"
[ "$(grep -cF "$first" "$err")" = 1 ]
result $? "of $guests on an empty cache one makes it"
each many && [ "$(cat "$work"/many.*[0-9] | sort -u | wc -l)" = $((2 * guests)) ]
result $? "$guests at once never meet"

for i in $(seq $guests); do
	{
		timeout 200 "$kc" run --root disk -- \
			sh -c "echo $i >/root/mine; sync; sleep 1; cat /root/mine; hostname" \
			>"$work/disk.$i" 2>"$work/disk.$i.err"
		echo $? >"$work/disk.$i.status"
	} &
done
wait
cat "$work"/disk.*.err >"$err"
each disk && [ "$(tail -qn 1 "$work"/disk.*[0-9] | sort -u | wc -l)" = $guests ]
result $? "nor do they on a disk"

done_testing
