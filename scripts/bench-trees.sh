#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# How long kc watch takes from a save in Linux' or QEMU's tree to the verdict: of a stock driver,
# which is a module, of a device of QEMU's, and of the virtqueues, which are built into the kernel;
# and of that driver where it holds the guest's root. Prints "NAME
# MILLISECONDS", a line a save. It edits the lab's own trees, so bench.sh lays an overlay over them.
#
# usage: bench-trees.sh ROUNDS

set -eu
. "$(dirname -- "$0")/common.sh"
rounds=$1
said=$(mktemp)
# A machine that is to be saved meanwhile has been.
settle=10

watcher=
leave() {
	[ -z "$watcher" ] || {
		kill "$watcher"
		wait "$watcher" || true
	}
	watcher=
}
trap 'leave; rm -f "$said"' EXIT

verdicts() {
	grep -c ', after [0-9.]* s;' "$said" || true
}

await_verdict() {
	until [ "$(verdicts)" -gt "$1" ]; do
		kill -0 $watcher
		sleep 0.1
	done
}

# begin WORD...: kc watch with these
begin() {
	leave
	"$root/build/bin/kc" watch "$@" >"$said" 2>&1 </dev/null &
	watcher=$!
	await_verdict 0
}

# edit NAME FILE
edit() {
	sleep $settle
	before=$(verdicts)
	echo "/* $(date +%s%N) */" >>"$root/build/src/$2"
	await_verdict "$before"
	ms=$(tail -n 1 "$said" | sed -n 's/.* PASSED, after \([0-9]*\)\.\([0-9]\) s;.*/\1\200/p')
	[ "$ms" ] || {
		cat "$said" >&2
		exit 1
	}
	echo "$1 $ms"
}

begin "$root/build/src/linux/drivers" "$root/build/src/qemu/hw" --no-device \
	--qemu-args '-blockdev null-co,node-name=d' --device virtio-blk-pci,drive=d -- \
	dd if=/dev/vda of=/dev/null count=9 iflag=direct
for _ in $(seq "$rounds"); do
	edit virtio_blk.c linux/drivers/block/virtio_blk.c
	edit virtio-blk.c,_of_QEMU qemu/hw/block/virtio-blk.c
	edit virtio_ring.c,_built_in linux/drivers/virtio/virtio_ring.c
done
begin "$root/build/src/linux/drivers/block/virtio_blk.c" --no-device --root disk -- df /
for _ in $(seq "$rounds"); do
	edit virtio_blk.c,_of_the_root linux/drivers/block/virtio_blk.c
done
