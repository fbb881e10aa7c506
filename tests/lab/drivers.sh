#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The stock drivers, which are modules that the initramfs inserts: whatever the root is, they are
# there before its init, as drivers that are built in would be.
. "$(dirname "$0")/../lib.sh"

lab=$root/build/lab
if [ ! -s "$lab/modules/early" ]; then
	skip "stock drivers are inserted" "this kernel has all of them built in"
	done_testing
	exit
fi

# runs NAME OPTION... -- COMMAND...: with success
runs() {
	name=$1
	shift
	try 120 "$kc" run --cold "$@"
	[ "$status" = 0 ]
	result $? "$name"
}

# falls NAME WORDS OPTION...: no root comes up; the console says why
falls() {
	name=$1 words=$2
	shift 2
	try 60 "$kc" run --cold --root disk "$@" -- true
	[ "$status" = 244 ] && grep -qF "kc-init: $words" "$err"
	result $? "$name"
}

all='cd /sys/bus/virtio/drivers && ls -d virtio_blk virtio_net virtio_rng 9pnet_virtio'
for transport in pci mmio; do
	runs "all are there on $transport, though no device of theirs is" --transport $transport -- sh -c "$all"
	runs "and before a root on disk" --transport $transport --root disk -- \
		sh -c "$all && grep -q '^/dev/vda / ext4 rw' /proc/mounts && [ ! -e /kc-modules ]"
done
runs "the kernel's command line has their parameters" --append 'virtio-blk.poll_queues=3 -- virtio_blk.poll_queues=4' -- \
	grep -x 3 /sys/module/virtio_blk/parameters/poll_queues
runs "one can go and come back" -- \
	sh -c 'modprobe -r virtio_net && ! grep net_failover /proc/modules && modprobe virtio_net && grep virtio_net /proc/modules'
runs "one can be kept away" --verbose --append initcall_blacklist=virtio_blk_init -- \
	test ! -e /sys/bus/virtio/drivers/virtio_blk
grep -q 'kc-init: cannot insert virtio_blk: Operation not permitted' "$err"
result $? "and the console says so"

falls "a disk that is not there" "no block device root=/dev/none" --append root=/dev/none
falls "a file system that is not its own" "no file system of this kernel's can be mounted on root=/dev/vda" \
	--append rootfstype=ext2,nosuch
falls "an init that is not there" "cannot run init=/none: No such file" --append init=/none
runs "one of several file systems" --root disk --append rootfstype=ext2,ext4 -- true

# A root of a user's, in which no program could insert anything
mkdir "$work/root"
cat >"$work/init.c" <<'END'
#include <dirent.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>

int main(int argc, char **argv)
{
	struct dirent *entry;
	DIR *drivers;

	mkdir("/sys", 0755);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	drivers = opendir("/sys/bus/virtio/drivers");
	while ((entry = readdir(drivers)))
		printf("%s with %s: %s\n", argv[0], argc > 1 ? argv[1] : "nothing", entry->d_name);
	fflush(stdout);
	return reboot(RB_POWER_OFF);
}
END
musl-gcc -static "$work/init.c" -o "$work/root/init" && cp "$work/root/init" "$work/root/other"
(cd "$work/root" && find . | cpio -o -H newc --quiet | gzip) >"$work/own.gz"
try 60 "$kc" boot --root "$work/own.gz" --append '-- word'
[ "$status" = 0 ] && grep -q '^/init with word: virtio_blk' "$out" && grep -q '^/init with word: virtio_net' "$out"
result $? "an initramfs of a user's gets them, and its init its words"
try 60 "$kc" boot --root "$work/own.gz" --append rdinit=/other
[ "$status" = 0 ] && grep -q '^/other with nothing: virtio_blk' "$out"
result $? "and so does another init that it was asked for"
try 60 "$kc" boot --root disk --snapshot --initrd "$work/own.gz"
[ "$status" = 0 ] && grep -q '^/init with nothing: virtio_blk' "$out"
result $? "and an initramfs beside a disk"

cp "$lab/vmlinux" "$work/kernel"
runs "the lab's kernel by its path" --kernel "$lab/bzImage" --root disk -- sh -c "$all"
runs "and a copy of it, which has no modules beside it" --kernel "$work/kernel" --root disk -- sh -c "$all"

before=$(stat -c %y "$lab/drivers.cpio")
"$root/scripts/pack-drivers.sh" "$lab" "$lab/kc-init" && [ "$(stat -c %y "$lab/drivers.cpio")" = "$before" ]
result $? "what is packed again and is the same keeps saved machines"

done_testing
