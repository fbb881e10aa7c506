#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Saved machines: made once, never believed when damaged or stale, never shared
# between two guests; in a project of this test's own, so with a cache of its own.
. "$(dirname "$0")/../lib.sh"

export KC_ROOT="$work/root"
cache=$KC_ROOT/build/cache/vm
mkdir -p "$KC_ROOT/devices" "$KC_ROOT/kc" "$KC_ROOT/build/cache"
ln -s "$root/build/lab" "$KC_ROOT/build/lab"
# A trial of KVM takes seconds: what was found is good here, too.
cp "$root/build/cache/accel" "$KC_ROOT/build/cache/" 2>/dev/null
first="first run"

made() {
	grep -qF "$first" "$err"
}

warm() {
	[ "$status" = 0 ] && ! [ -s "$err" ]
}

state() {
	ls "$cache"/*.state
}

try 60 "$kc" run -- echo one
[ "$status" = 0 ] && made && [ "$(cat "$out")" = one ]
result $? "the first run says that it saves the machine"
try 60 "$kc" run -- echo two
warm && [ "$(cat "$out")" = two ]
result $? "the second goes on from it and says nothing"
try 60 "$kc" run --cold -- cat /proc/uptime
warm
result $? "--cold boots and says nothing"

# What clones must not share
identity='cat /proc/sys/kernel/random/boot_id; hostname; head -c 16 /dev/urandom | hexdump -e "16/1 \"%02x\""; echo'
"$kc" run -- sh -c "$identity" >"$work/a" && "$kc" run -- sh -c "$identity" >"$work/b"
[ "$(wc -l <"$work/a")" = 3 ] && [ "$(sort -u "$work/a" "$work/b" | wc -l)" = 6 ]
result $? "two guests share neither boot id, name nor random bytes"
guest=$("$kc" run -- date +%s)
host=$(date +%s)
[ $((host - guest)) -le 3 ] && [ $((host - guest)) -ge -3 ]
result $? "a guest has the right time"
try 60 "$kc" run --root disk -- sh -c 'echo mine >/root/mark && sync && test -e /root/mark'
wrote=$status
try 60 "$kc" run --root disk -- test -e /root/mark
[ "$wrote" = 0 ] && [ "$status" = 1 ] && ! [ -s "$err" ]
result $? "a disk that one wrote to is fresh for the next"

# Everything that matters is in the key
cp "$root/build/lab/vmlinux" "$work/vmlinux"
changes() {
	name=$1
	shift
	try 60 "$kc" run "$@" -- true
	[ "$status" = 0 ] && made
	result $? "$name is another machine"
}
changes "another kernel" --kernel "$work/vmlinux"
try 60 "$kc" run --kernel "$work/vmlinux" -- true
touch "$work/vmlinux"
changes "a kernel that was touched" --kernel "$work/vmlinux"
changes "a device's property" --device virtio-echo-pci,queue-size=8
changes "more memory" --memory 128M
changes "a second CPU" --smp 2
changes "a kernel argument" --append quiet
changes "the other transport" --transport mmio
changes "an option of QEMU's" --qemu-args "-name other"
truncate -s 1M "$work/disk"
try 60 "$kc" run --qemu-args "-drive if=none,id=d,format=raw,file=$work/disk" \
	--device virtio-blk-pci,drive=d -- cat /sys/block/vda/size
warm && [ "$(cat "$out")" = 2048 ]
result $? "a machine with a disk of the user's is not saved"
changes "a disk without contents" --qemu-args "-blockdev null-co,node-name=d,read-zeroes=on" --device virtio-blk-pci,drive=d

# Damage
try 60 "$kc" cache clear
damage() {
	name=$1
	shift
	"$kc" run -- true 2>/dev/null
	"$@" "$(state)"
	try 60 "$kc" run -- echo well
	[ "$status" = 0 ] && [ "$(cat "$out")" = well ] && made
	result $? "$name is made again"
	try 60 "$kc" run -- true
	warm
	result $? "... and saved"
}
in_memory() {
	# A place that holds data: some of the kernel's text.
	ram=${1%state}ram
	offset=$(grep -abo -m1 'Linux version' "$ram" | head -n 1 | cut -d: -f1)
	printf 'linux' | dd of="$ram" bs=1 seek="$offset" conv=notrunc 2>/dev/null
}
in_a_hole() {
	printf 'U' | dd of="${1%state}ram" bs=1 seek=$((250 * 1024 * 1024)) conv=notrunc 2>/dev/null
}
in_the_state() {
	printf 'U' | dd of="$1" bs=1 seek=$(($(stat -c %s "$1") / 2)) conv=notrunc 2>/dev/null
}
halve() {
	truncate -s $(($(stat -c %s "$1") / 2)) "$1"
}
halve_memory() {
	halve "${1%state}ram"
}
without_memory() {
	rm "${1%state}ram"
}
damage "one changed byte of memory" in_memory
damage "a byte where there was none" in_a_hole
damage "one changed byte of the devices' state" in_the_state
damage "a truncated one" halve
damage "truncated memory" halve_memory
damage "one that lost its memory" without_memory
damage "an empty one" truncate -s 0
damage "a longer one" truncate -s +1M
damage "another file under its name" cp "$kc"
try 60 "$kc" run --root disk -- true
for disk in "$cache"/*.disk; do
	printf 'x' | dd of="$disk" bs=1 seek=1100 conv=notrunc 2>/dev/null
done
try 60 "$kc" run --root disk -- true
[ "$status" = 0 ] && made
result $? "a damaged disk is made again"

# A boot that went wrong, by chance perhaps, is not one to go on from
mkdir -p "$work/extra/etc/init.d"
printf '#!/bin/sh\ninsmod /kc_fault.ko how=warn\n' >"$work/extra/etc/init.d/S00warn"
chmod +x "$work/extra/etc/init.d/S00warn"
cp "$root/build/lab/modules/kc_fault.ko" "$work/extra/"
(cd "$work/extra" && find . | cpio -o -H newc --quiet) >"$work/extra.cpio"
cat "$root/build/lab/initramfs.cpio" "$work/extra.cpio" >"$work/warns.cpio"
try 60 "$kc" run --root "$work/warns.cpio" -- true
refused "a machine that warned while it booted is not saved" 245 "complained while it booted"
try 60 "$kc" run --root "$work/warns.cpio" -- true
[ "$status" = 245 ] && made
result $? "and boots again the next time"

# Killed while it makes one, and at any other moment
try 60 "$kc" cache clear
for delay in 0.05 0.3 0.9 1.3 1.6 1.9; do
	timeout -s KILL $delay "$kc" run -- true >/dev/null 2>&1
	"$kc" cache clear >/dev/null
done
# By its first words its QEMU is there, whose end is to be seen.
started() {
	[ -n "$(qemus)" ]
}
"$kc" run -- sleep 50 >/dev/null 2>&1 &
pid=$!
await 30 started
seen=$?
kill -KILL $pid
wait $pid 2>/dev/null
"$kc" cache clear >/dev/null
none_left() {
	[ -z "$(qemus)" ]
}
await 5 none_left && [ $seen = 0 ]
result $? "kill -9 leaves no QEMU"
[ -d "$cache" ] && [ -z "$(find "$cache" -type f ! -name '*.lock')" ]
result $? "nor part of a machine"
"$kc" run -- true 2>/dev/null
for delay in 0.02 0.04 0.06 0.08 0.1 0.12 0.15; do
	timeout -s KILL $delay "$kc" run -- sleep 5 >/dev/null 2>&1
done
sleep 1
[ -z "$(qemus)" ]
result $? "nor when the machine is saved already"
try 60 "$kc" run -- true
warm
result $? "and the saved machine is as good as before"

# The cache
try 60 "$kc" cache
[ "$status" = 0 ] && grep -q ' good ' "$out" && grep -q '^1 saved machine,' "$out"
result $? "kc cache lists what is saved"
cp "$root/build/lab/vmlinux" "$work/vmlinux"
try 60 "$kc" run --kernel "$work/vmlinux" -- true
rm "$work/vmlinux"
try 60 "$kc" cache
grep -q ' stale ' "$out"
result $? "a machine whose kernel is gone is stale"
try 60 "$kc" cache prune
grep -q '^removed 1 ' "$out" && [ "$(state | wc -l)" = 1 ]
result $? "kc cache prune removes what is stale and no more"
KC_CACHE_LIMIT=40M try 60 "$kc" run --append other -- true
[ "$status" = 0 ] && [ "$(state | wc -l)" = 1 ]
result $? "the limit holds at each save"
try 60 "$kc" run --append other -- true
warm
result $? "and the newest stays"
KC_CACHE_LIMIT=lots try 60 "$kc" cache
refused "a limit that is none is refused" 240 "KC_CACHE_LIMIT"
try 60 "$kc" cache prune --limit 1M
[ "$status" = 0 ] && [ -d "$cache" ] && [ -z "$(find "$cache" -name '*.state')" ]
result $? "kc cache prune --limit takes a smaller one"

# No room
if mkdir "$work/small" && mount -t tmpfs -o size=8M none "$work/small" 2>/dev/null; then
	rm -rf "$cache"
	ln -s "$work/small" "$cache"
	try 60 "$kc" run -- echo here
	[ "$status" = 0 ] && [ "$(cat "$out")" = here ] && grep -qF "boots each time" "$err"
	result $? "without room a run boots, and says why"
	[ -z "$(find "$work/small" -type f ! -name '*.lock')" ]
	result $? "and leaves nothing of it"
	umount "$work/small"
else
	skip "without room a run boots, and says why" "no right to mount"
	skip "and leaves nothing of it" "no right to mount"
fi
rm -rf "$cache"
: >"$cache"
try 60 "$kc" run -- echo here
[ "$status" = 0 ] && [ "$(cat "$out")" = here ] && grep -qF "boots each time" "$err"
result $? "without a folder, too"

done_testing
