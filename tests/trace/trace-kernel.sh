#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kc trace on kernels of the user's own: whatever they tell of their types, and
# whatever a compiler made of the functions that collect.
. "$(dirname "$0")/../lib.sh"
lab=$root/build/lab

# kernel_with_types FILE BTF: the lab's kernel, with that and no DWARF.
kernel_with_types() {
	objcopy --add-section .BTF="$2" "$lab/vmlinux" "$1"
}

# follow NAME FROM WAY KERNEL PACKED: all is followed, and this is how.
follow() {
	try 120 "$kc" trace --verbose --json - --kernel "$4" --module echo_virtio \
		--device "virtio-echo-pci,packed=$5" --only echo -- echo_test latency 100 64
	[ $status = 0 ] &&
		grep -qF "kc: the places in a virtqueue are from $2" "$err" &&
		grep -qF "kc: collections are seen by $3" "$err" &&
		grep -q '"lost":{"driver_events":0,"device_events":0,"probes_missed":0}' "$out" &&
		[ "$(grep -c '"type":"buffer"' "$out")" = 100 ] &&
		[ "$(grep -c '"type":"buffer".*"fate":"complete"' "$out")" = 100 ]
	result $? "$1"
}

pahole --btf_encode_detached="$work/btf" "$lab/vmlinux.debug" 2>"$work/pahole" || cat "$work/pahole"
kernel_with_types "$work/kernel-btf" "$work/btf"
follow "by BTF alone" "$work/kernel-btf" 'detach_buf_*()' "$work/kernel-btf" on
follow "by a release that is known" 'a table of releases' 'detach_buf_*()' "$lab/bzImage" off

# One whose rings in order would have functions of their own, which are not there.
sed 's/\x00we_own_ring\x00/\x00last_used\x00\x00\x00/' "$work/btf" >"$work/btf-order"
kernel_with_types "$work/kernel-order" "$work/btf-order"
for packed in off on; do
	follow "by calls and their returns, packed=$packed" "$work/kernel-order" \
		'virtqueue_get_buf()' "$work/kernel-order" "$packed"
done

# unknown NAME SED WORDS: with these types kc says what it does not know.
unknown() {
	sed "$2" "$work/btf" >"$work/btf-bad"
	kernel_with_types "$work/kernel-bad" "$work/btf-bad"
	try 120 "$kc" trace --kernel "$work/kernel-bad" -- true
	refused "$1" 248 "$3"
}

unknown "a virtqueue that lacks a field is refused" 's/\x00free_head\x00/\x00free_tail\x00/' \
	"has no free_head in its struct vring_virtqueue"
sed "s/$(cat "$lab/kernel.release")/$(sed 's/^6\.[0-9]*/5.10/' "$lab/kernel.release")/" \
	"$lab/vmlinux" >"$work/kernel-old"
try 120 "$kc" trace --kernel "$work/kernel-old" -- true
refused "a kernel that tells nothing, and is of no known release, is refused" 248 \
	"is not known. Looked for were types in its file ($work/kernel-old has neither DWARF"

try 120 "$kc" trace --buffer 250M -- true
refused "a buffer that the guest has no memory for is refused" 248 \
	"no 250 MiB to collect its side in; --buffer asks for less"

done_testing
