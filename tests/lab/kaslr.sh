#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A kernel that put itself elsewhere (KASLR): kc debug and kc vq find it. Only
# one that unpacks itself does so, thus the lab's bzImage; KASLR=FOLDER is where
# another one is, with its vmlinux.debug.
# shellcheck disable=SC2016 # what the guest is to expand
. "$(dirname "$0")/../lib.sh"

kernel=${KASLR:-$root/build/lab}
image=$kernel/bzImage
symbols=$kernel/vmlinux.debug
text=$(nm "$symbols" | sed -n 's/ T _text$//p')

moved() {
	try 90 "$kc" run --kernel "$image" "$@" -- \
		sh -c 'sed -n "s/ T _text$//p" /proc/kallsyms'
	[ "$status" = 0 ] && [ -n "$(cat "$out")" ] && [ "$(cat "$out")" != "$text" ]
}

if ! moved --cold; then
	[ "$(cat "$out")" = "$text" ]
	result $? "a kernel without KASLR is where it was linked"
	skip "a moved kernel" "this one is built without CONFIG_RANDOMIZE_BASE"
	done_testing
	exit
fi
result 0 "the kernel has moved"

if command -v gdb >/dev/null; then
	try 240 "$kc" debug driver --batch --kernel "$image" --symbols "$symbols" \
		--module hello_virtio --break hello_probe --break virtio_dev_probe -- true
	[ $status = 0 ] && grep -q 'KASLR moved the kernel by 0x' "$out" &&
		grep -q 'stopped in hello_probe' "$out" && grep -q 'in virtio_dev_probe .* at ' "$out"
	result $? "kc debug stops where it is told to"
	try 240 "$kc" debug driver --batch --kernel "$image" --symbols "$symbols" --append nokaslr \
		--module hello_virtio --break hello_probe -- true
	[ $status = 0 ] && ! grep -q 'KASLR moved' "$out"
	result $? "with nokaslr nothing has moved"
fi

for smp in 1 2; do
	: >"$work/up"
	"$kc" run --kernel "$image" --smp $smp --module hello_virtio -- sh -c 'echo up; sleep 100' \
		>"$work/up" 2>"$err" </dev/null &
	pid=$!
	await 90 grep -q up "$work/up"
	try 60 "$kc" vq --vmlinux "$symbols" --json $pid
	kill $pid
	wait $pid 2>/dev/null
	[ $status = 0 ] && grep -q '"driver"' "$out" && ! grep -q 'not the one of the debug file' "$out" "$err"
	result $? "kc vq sees the driver's side, $smp CPUs"
done
if [ -n "${KASLR:-}" ]; then
	: >"$work/up"
	"$kc" run --module hello_virtio -- sh -c 'echo up; sleep 100' >"$work/up" 2>"$err" \
		</dev/null &
	pid=$!
	await 90 grep -q up "$work/up"
	try 60 "$kc" vq --vmlinux "$symbols" $pid
	cat "$out" "$err" | grep -q 'not the one of the debug file'
	result $? "another kernel is still told from one that has moved"
	kill $pid
	wait $pid 2>/dev/null
fi

done_testing
