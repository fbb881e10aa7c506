#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kc watch of files in the trees that kernel and QEMU were built of: a device of QEMU's and a
# driver of Linux', each with a fault that is found in the round of its save; the driver also where
# the guest's root is on its disk. The trees are the lab's own, below an overlay. With SOAK what is
# built into the kernel, too, whose image is then linked again.
# shellcheck disable=SC2016 # what sed is to take
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../scratch.sh"

in_project() {
	for part; do
		case $(realpath "$root/build/$part")/ in
		"$root"/*) ;;
		*) return 1 ;;
		esac
	done
}

give_up() {
	skip "files of Linux' and QEMU's trees are watched" "$1"
	done_testing
	exit
}

if [ "${1-}" != inside ]; then
	in_project src/linux src/qemu linux qemu || give_up "build/ has links that lead out of it"
	over_project "$work/over" "$root/tests/test/watch-tree.sh" inside
	status=$?
	[ $status = 77 ] || exit $status
	give_up "no overlay can be mounted over the project here"
fi

export KC_ROOT="$root"
linux=$root/build/src/linux
qemu=$root/build/src/qemu
driver=$linux/drivers/block/virtio_blk.c
device=$qemu/hw/block/virtio-blk.c
core=$linux/block/fops.c
log=$work/log
turns=0
cd "$work" || exit
touch "$work/before"

wrong() {
	name=$1 words=$2
	shift 2
	try 60 "$kc" watch "$@"
	refused "$name" 240 "$words"
}

ln -s "$qemu" "$work/qemu"
wrong "a file that is not there is no test of a device" "no such file or folder: 'qemu/hw/block/nosuch.c'" \
	qemu/hw/block/nosuch.c
wrong "a file that is not there" "no such file or folder: '$linux/none.c'" "$linux/none.c"
wrong "a file that no rule builds" "drivers/block/floppy.c is not part of this kernel" "$linux/drivers/block/floppy.c"
grep -q 'asks for CONFIG_BLK_DEV_FD' "$err"
result $? "its option is named"
wrong "a text" "MAINTAINERS is nothing that a kernel is built of" "$linux/MAINTAINERS"
wrong "a file of QEMU's that no rule builds" "hw/block/nand.c is not part of this QEMU" "$qemu/hw/block/nand.c"
mkdir -p "$work/other/include/linux"
touch "$work/other/Kbuild" "$work/other/include/linux/virtio.h" "$work/other/new.c"
wrong "a tree that the lab was not built of" "'make all LINUX_SRC=$work/other' builds it" "$work/other/new.c"
wrong "a device beside a file" "name a device or its tests by --tests hello" "$driver" hello
wrong "a command for a device" "a device has tests of its own" hello -- true
wrong "tests and a command" "take one" "$driver" --tests hello -- true
wrong "a machine for tests" "what machine they want; '--smp 2' is for a command" "$driver" --smp 2 --tests hello
wrong "tests that there are not" "no test is called 'none'" "$driver" --tests none
wrong "a machine that there is not" "no such device: 'none'" "$driver" --device none
wrong "what is for devices" "--all is for devices" "$driver" --all

needs() {
	"$root/scripts/edit-linux.sh" --needs "$root/build/linux" "$1" 2>&1
}
[ "$(needs drivers/virtio/virtio_ring.c)" = image ] && [ "$(needs include/linux/sched.h)" = lab ] &&
	[ "$(needs drivers/block/Kconfig)" = lab ]
result $? "what each file needs"
[ "$(needs drivers/block/virtio_blk.c)" = "module drivers/block/virtio_blk" ] &&
	[ "$(needs drivers/char/hw_random/virtio-rng.c)" = "module drivers/char/hw_random/virtio-rng" ] &&
	[ "$(needs include/uapi/linux/virtio_blk.h)" = "module drivers/block/virtio_blk" ]
result $? "one that is a module, and a header that it alone includes"
# As Kbuild says it of what is built in
cmd=$root/build/linux/drivers/block/.virtio_blk.o.cmd
cp -p "$cmd" "$work/cmd"
sed -i '1s/ -DMODULE / /' "$cmd"
[ "$(needs drivers/block/virtio_blk.c)" = image ] && [ "$(needs include/uapi/linux/virtio_blk.h)" = lab ]
result $? "the same where it is built in"
cp -p "$work/cmd" "$cmd"

# Of a QEMU without the lab's patches only this is to be seen here: who has one said so.
touch "$root/build/lab/qemu-stock"
try 20 "$kc" trace -- true
refused "kc trace cannot be had of a QEMU without patches, and says so" 241 "kc trace cannot be had with it"
try 20 "$kc" run --dry-run -- true
[ "$status" = 0 ] && ! grep -qE 'queue-counters|hello' "$out"
result $? "and its machine asks for nothing of theirs"
rm "$root/build/lab/qemu-stock"

# after NAME VERDICT WORDS: so ends the turn of the last save, and says the words
after() {
	await 240 watch_one_more
	turns=$(watch_verdicts)
	said="$(grep -oE '(NOT )?[A-Z]+, after [0-9.]+ s' "$log" | tail -n 1)"
	[ "${said%%,*}" = "$2" ] && grep -q "$3" "$log"
	result $? "$1"
}

forget() {
	: >"$log"
	turns=0
}

# save FILE SED: as an editor does that writes a new file and renames it
save() {
	forget
	sed "$2" "$1" >"$1.new" && mv "$1.new" "$1"
}

# put_back FILE: with its old time
put_back() {
	forget
	cp -p "$work/$(basename "$1").old" "$1.new" && mv "$1.new" "$1"
}

# watch WORD...: in the background
watch() {
	: >"$log"
	turns=0
	out=$log
	err=$log
	"$kc" watch "$@" >>"$log" 2>&1 </dev/null &
	watcher=$!
	trap 'kill $watcher 2>/dev/null; rm -rf "$work"' EXIT
}

# begin FILE...: with a disk of nothing, which is read
begin() {
	watch "$@" --no-device --qemu-args '-blockdev null-co,node-name=d,read-zeroes=on' \
		--device virtio-blk-pci,drive=d -- dd if=/dev/vda of=/dev/null count=9 iflag=direct
}

cp -p "$driver" "$work/virtio_blk.c.old"
cp -p "$device" "$work/virtio-blk.c.old"
cp -p "$core" "$work/fops.c.old"
unfit='/^static int virtblk_probe(/,/^}/s/^\tif (!vdev->config->get) {/\tif (1)\n\t\treturn -EIO;\n\n&/'
echo '#error unfinished' >>"$driver"
try 240 "$kc" watch --once "$driver"
refused "what does not compile is not tested" 251 "does not build; what was built before is still there"
grep -q 'virtio_blk.c:.*error: #error unfinished' "$err"
result $? "the compiler is heard"
cp -p "$work/virtio_blk.c.old" "$driver"

begin "$device" "$driver" ${SOAK:+"$core"}
after "begins with what was named" PASSED '^QEMU: built in .* nothing was out of date$'
grep -q '^Linux: built in .*: module virtio_blk' "$log"
result $? "of both trees"

save "$device" '/^static void virtio_blk_rw_complete/,/^}/s/VIRTIO_BLK_S_OK/VIRTIO_BLK_S_IOERR/'
after "a fault in the device is found in one round" "NOT PASSED" '^QEMU: built in .* 1 object'
grep -q "^dd .*: ended with 1" "$log"
result $? "with what the command ended with"
put_back "$device"
after "mended by an older file put back" PASSED '^QEMU: built in .* 1 object'

save "$driver" "$unfit"
after "a fault in the driver is found in one round" "NOT PASSED" '^Linux: built in .*: module virtio_blk$'
put_back "$driver"
after "mended by an older file put back in the driver, too" PASSED '^Linux: built in .*: module virtio_blk$'

if [ "${SOAK:-}" ]; then
	save "$core" '/^static ssize_t blkdev_read_iter(/,/^}/s/^\tcount = iov_iter_count(to);/\tif (iocb->ki_flags \& IOCB_DIRECT)\n\t\treturn -EIO;\n\n&/'
	after "a fault in what is built in is found in one round" "NOT PASSED" "^Linux: built in .*: the kernel's image"
	put_back "$core"
	after "mended there, too" PASSED "^Linux: built in .*: the kernel's image"
else
	skip "a fault in what is built in is found in one round" "SOAK=1 links the kernel again"
fi
forget
echo 'This is no C.' >>"$device"
after "a device that does not compile is told" "NOT BUILT" 'virtio-blk.c:.*error'
cp -p "$work/virtio-blk.c.old" "$device"

# Compilers and scripts that a turn had started remove what they have half written.
all_gone() {
	[ -z "$(qemus)" ] && [ ! -e "$root/build/qemu/src.new" ]
}
kill -INT $watcher
wait $watcher
[ $? = 130 ] && await 30 all_gone
result $? "an interrupt ends it and all that it started"

# What holds the root cannot be exchanged: a guest boots with the new one. What it had before is told
# apart by the words that its probe logs.
before=$(stat -c %y "$root/build/lab/vmlinux")
watch "$driver" --no-device --root disk -- sh -c 'grep -q "^/dev/vda / " /proc/mounts && dmesg | grep -q "edited once"'
after "with the root on its disk" "NOT PASSED" '^Linux: built in .*: module virtio_blk$'
save "$driver" '/^static int virtblk_probe(/,/^}/s/^\tif (!vdev->config->get) {/\tdev_info(\&vdev->dev, "edited once\\n");\n\n&/'
after "a fresh guest boots with the edited driver" PASSED '^Linux: built in .*: module virtio_blk$'
[ "$(stat -c %y "$root/build/lab/vmlinux")" = "$before" ]
result $? "and the kernel is the one that it was"
save "$driver" "$unfit"
after "a fault in it is found in one round" "NOT PASSED" '^Linux: built in .*: module virtio_blk$'
grep -q 'kc-init: no block device root=/dev/vda' "$log"
result $? "and why there is no root"
put_back "$driver"
after "mended, there is a root again" "NOT PASSED" '^sh .*: ended with 1'
kill -INT $watcher
wait $watcher
await 30 all_gone
result $? "nothing of it is left"
[ -z "$(find "$linux/" "$qemu/" -newer "$work/before" -type f -print -quit)" ]
result $? "neither tree was written to"

done_testing
