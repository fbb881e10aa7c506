#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The prompt: both roots, both transports, both scripts.
# shellcheck disable=SC2016 # what the guest is to expand
. "$(dirname "$0")/../lib.sh"

lab=$root/build/lab

# type_in LIMIT INPUT COMMAND...: INPUT is typed once the prompt is there.
type_in() {
	limit=$1
	input=$2
	shift 2
	timeout -k 5 "$limit" expect -f "$root/tests/lab/type.exp" "$input" "$@" \
		>"$out" 2>"$err" </dev/null
	status=$?
}

for transport in pci mmio; do
	for kind in initramfs disk; do
		type_in 90 'sleep 50 & jobs; echo $((6*7)) words; poweroff' \
			"$kc" boot --transport $transport --root $kind --snapshot
		[ $status = 0 ] && grep -q '42 words' "$out" &&
			grep -q '\[1\].*sleep 50' "$out" && ! grep -q "job control" "$out"
		result $? "a prompt on $transport from $kind"
	done
done

cp --sparse=always "$lab/disk.ext4" "$work/disk"
type_in 90 'echo kept >/root/kept; sync; reboot' "$kc" boot --root "$work/disk"
type_in 90 'cat /root/kept; poweroff' "$kc" boot --root "$work/disk"
[ $status = 0 ] && grep -q '^kept' "$out"
result $? "a disk keeps what was written, over a reboot and a new boot"

type_in 90 'echo lost >/root/lost; sync; sed s/l/L/ /root/lost; poweroff' "$kc" boot --root "$work/disk" \
	--snapshot
[ $status = 0 ] && grep -q '^Lost' "$out"
result $? "a write with --snapshot is seen while it runs"
type_in 90 'ls /root/lost /root/kept; poweroff' "$kc" boot --root "$work/disk"
[ $status = 0 ] && grep -q 'lost: No such' "$out"
result $? "and is gone then"

printf 'echo piped $((40+2)); poweroff\n' | timeout 60 "$kc" boot >"$out" 2>"$err"
status=$?
[ $status = 0 ] && grep -q 'piped 42' "$out"
result $? "a script on stdin is typed in whole"

"$root/scripts/boot.sh" --dry-run >"$work/sh" 2>"$err" &&
	"$root/scripts/boot.ml" --dry-run >"$work/ml" 2>"$err" &&
	[ -s "$work/sh" ] && cmp "$work/sh" "$work/ml" >"$out"
result $? "boot.sh and boot.ml run the same command"
"$root/scripts/boot.sh" --dry-run "$lab/vmlinux" "$work/disk" >"$work/sh" 2>"$err"
"$root/scripts/boot.ml" --dry-run "$lab/vmlinux" "$work/disk" >"$work/ml" 2>"$err"
grep -qx "$lab/vmlinux" "$work/sh" && cmp "$work/sh" "$work/ml" >"$out"
result $? "with a kernel and a disk of one's own as well"

type_in 90 'cat /root/kept; poweroff' "$root/scripts/boot.sh" "$lab/bzImage" "$work/disk"
[ $status = 0 ] && grep -q '^kept' "$out"
result $? "boot.sh reaches the prompt"
type_in 90 'cat /root/kept; poweroff' "$root/scripts/boot.ml" \
	"$lab/bzImage" "$work/disk"
[ $status = 0 ] && grep -q '^kept' "$out"
result $? "boot.ml reaches the prompt"

"$kc" boot --dry-run >"$work/command" 2>"$err"
type_in 90 'uname -r; poweroff' sh "$work/command"
[ $status = 0 ] && grep -qF "$(cat "$lab/kernel.release")" "$out"
result $? "what --dry-run prints can be pasted"

type_in 90 'insmod hello_virtio.ko; dmesg | grep Virtio; cd /sys/bus/virtio/drivers/hello_virtio/virtio*; echo by hand >message; cat message; poweroff' \
	"$kc" boot
[ $status = 0 ] && grep -q '\] .*Virtio hello device is ready' "$out" && grep -q '^BY HAND' "$out"
result $? "the expedition's own check, and a message by hand"

type_in 90 'insmod hello.ko whom=tester; rmmod hello; poweroff' "$kc" boot
[ $status = 0 ] && grep -q 'Hello.*tester' "$out" && grep -qi 'goodbye' "$out"
result $? "the first module says hello and goodbye"

done_testing
