#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kc under valgrind: no byte read that was not written, none lost for good.
. "$(dirname "$0")/../lib.sh"

clean() {
	name=$1
	shift
	G_SLICE=always-malloc try 200 valgrind -q --error-exitcode=99 --leak-check=full \
		--show-leak-kinds=definite --errors-for-leak-kinds=definite "$kc" "$@"
	[ "$status" = 0 ] && ! grep -q '^==' "$err"
	result $? "$name"
}

clean "dry run" boot --dry-run --root disk --transport mmio
clean "help" help run
clean "doctor" doctor
clean "run" run --module hello_virtio --put "$0:/tmp/put" --get /etc/inittab:"$work/got" -- \
	sh -c 'cat /tmp/put; cd /sys/bus/virtio/drivers/hello_virtio/virtio*; echo hello >message; cat message'

done_testing
