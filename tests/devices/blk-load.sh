#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A disk in the middle of a load: its driver is unbound, which resets the device; that
# is unplugged; its drive is drained by block jobs; the machine is saved and goes on in
# another QEMU, on the same disk. Each block that the guest was told is on stable
# storage is there. On pairs of a driver and a device: stock is the kernel's or QEMU's,
# craft is ours.
#
# usage: blk-load.sh [DRIVER/DEVICE...]
# shellcheck disable=SC2016 # what the guest is to expand
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../blk.sh"

rounds=${SOAK:+20}
rounds=${rounds:-3}
pairs=${*:-stock/craft}
[ -z "${SOAK:-}" ] || [ $# -gt 0 ] || pairs='stock/stock craft/stock stock/craft craft/craft'

# In the guest: $disk is the one that was plugged in, once it has the driver asked for.
take='take() {
		disk=vda
		until [ -e /dev/vda ]; do sleep 0.05; done
		[ -d /sys/bus/virtio/drivers/craft_blk ] || return 0
		name=$(basename "$(readlink -f /sys/block/vda/device)")
		echo "$name" >/sys/bus/virtio/drivers/virtio_blk/unbind
		echo "$name" >/sys/bus/virtio/drivers/craft_blk/bind
		disk=cbd0
	}
	'

# The writer and the driver part while requests are in flight.
unbinds=$take'flushed=0; echo ready; take
	there() { ls /sys/block | grep -E "^(vd|cbd)"; }
	driver=$(readlink -f /sys/block/$disk/device/driver)
	for i in $(seq '$rounds'); do
		disk=$(there)
		: >/tmp/said
		/blk-writer /dev/$disk $flushed fsync >/tmp/said 2>/tmp/why &
		until grep -q "^flushed\|^lost" /tmp/said; do sleep 0.05; done
		sleep 0.$((i * 7 % 4))
		name=$(basename $(readlink -f /sys/block/$disk/device))
		echo $name >$driver/unbind; wait
		last=$(sed -n "s/^flushed \(.*\)\.$/\1/p" /tmp/said | tail -n 1)
		grep "^lost" /tmp/said || [ ! "$last" ] && exit 1
		flushed=$last
		echo $name >$driver/bind
	done
	echo "flushed $flushed."; exec /blk-writer /dev/$(there) $flushed look'

# guest SECONDS COMMAND...: with the module, if it is our driver's turn
guest() {
	limit=$1
	shift
	# shellcheck disable=SC2086 # words, or none
	try "$limit" "$kc" run --no-device $module --qemu-args "$monitor" --put "$writer" -- "$@"
}

# when_ready DEVICE: plugs it in once the guest is
when_ready() {
	await 60 grep -q '^ready' "$out" && add_disk "$disk" && plug "$1"
}

# unbound DEVICE
unbound() {
	: >"$out"
	disk=$work/unbind
	rm -f "$work/qmp" "$disk"
	when_ready "$1" >"$work/plugged" 2>&1 &
	guest 120 sh -c "$unbinds"
	wait
	[ $status = 0 ] && grep -q "^found $(last_flushed "$out")\.$" "$out"
	result $? "$what: unbound $rounds times in mid-load: all of $(last_flushed "$out") blocks are there ($1)"
}

# Each time it is plugged again, the guest looks for all of it.
replug() {
	await 60 grep -q '^ready' "$out" && add_disk "$disk" || return
	for n in $(seq "$rounds"); do
		plug "\"$model\",\"iothread\":\"thread\"" && await 60 grep -q "^writes $n" "$out" &&
			sleep "$(a_while)" && qmp device_del '{"id":"blk"}' && await 60 grep -q "^gone $n" "$out" ||
			return
	done
	plug "\"$model\""
}

unplugged() {
	: >"$out"
	disk=$work/unplug
	rm -f "$work/qmp" "$disk"
	replug >"$work/plugged" 2>&1 &
	guest 120 sh -c "$take"'flushed=0; echo ready
		for i in $(seq '"$rounds"'); do
			take
			: >/tmp/said
			/blk-writer /dev/$disk $flushed fsync >/tmp/said 2>/tmp/why &
			until grep -q "^flushed\|^lost" /tmp/said; do sleep 0.05; done
			echo writes $i; wait
			while [ -e /dev/$disk ]; do sleep 0.05; done
			flushed=$(sed -n "s/^flushed \(.*\)\.$/\1/p" /tmp/said | tail -n 1)
			grep "^lost" /tmp/said && exit 1
			echo gone $i
		done
		echo "flushed $flushed."; take; exec /blk-writer /dev/$disk $flushed look'
	wait
	[ $status = 0 ] && grep -q "^found $(last_flushed "$out")\.$" "$out"
	result $? "$what: unplugged $rounds times in mid-load: all of $(last_flushed "$out") blocks are there"
	cat "$work/plugged" >>"$out"
}

is_past() {
	[ "$(last_flushed "$out")" -gt "$1" ]
}

# goes_on: the writer does, after what was done to its disk
goes_on() {
	await 60 is_past "$(last_flushed "$out")"
}

job_is_ready() {
	qmp query-jobs '{}' | grep -q '"ready"'
}

no_job() {
	qmp query-jobs '{}' | tail -n 1 | grep -qx '\[\]'
}

# Snapshots, their commit, a resize and a pause, and then a kill
drains() {
	when_ready "$1" && await 60 grep -q '^flushed' "$out" || return
	below=disk
	for n in $(seq "$rounds"); do
		qmp blockdev-snapshot-sync '{"node-name":"'"$below"'","snapshot-node-name":"above'"$n"'",
			"snapshot-file":"'"$work/above$n"'","format":"qcow2"}' && goes_on || return
		below=above$n
	done
	qmp block-commit '{"job-id":"commit","device":"'"$below"'"}' && await 60 job_is_ready &&
		qmp job-complete '{"id":"commit"}' && await 60 no_job && goes_on &&
		qmp block_resize '{"node-name":"disk","size":2147483648}' stop '{}' cont '{}' && goes_on
	drained=$?
	kill_qemu
	return $drained
}

# drained DEVICE
drained() {
	: >"$out"
	disk=$work/drain
	rm -f "$work/qmp" "$disk"
	drains "$1" >"$work/plugged" 2>&1 &
	drain=$!
	guest 200 sh -c "$take"'echo ready; take; exec /blk-writer /dev/$disk 0 fsync'
	wait $drain
	drained=$?
	flushed=$(last_flushed "$out")
	: >"$out"
	rm -f "$work/qmp"
	when_ready "$1" >>"$work/plugged" 2>&1 &
	guest 100 sh -c "$take"'echo ready; take; exec /blk-writer /dev/$disk $0 look' "$flushed"
	wait
	[ $drained = 0 ] && grep -q "^found $flushed\.$" "$out"
	result $? "$what: drained by snapshots and their commit, then killed: all of $flushed blocks are there ($1)"
	cat "$work/plugged" >>"$out"
}

# A guest that is nothing but the writer, which our driver needs a shell to begin, and two QEMUs
make_guest() {
	rm -rf "$work/root"
	mkdir -p "$work/root/dev" "$work/root/sys" "$work/root/bin"
	if [ "$driver" = stock ]; then
		cp "$writer" "$work/root/init"
	else
		cp "$writer" "$root/build/lab/modules/craft_blk.ko" "$work/root"
		cp "$root/build/busybox/busybox" "$work/root/bin"
		for applet in sh mount insmod sleep readlink basename; do
			ln -s busybox "$work/root/bin/$applet"
		done
		{
			echo '#!/bin/sh'
			echo 'mount -t devtmpfs none /dev; mount -t sysfs none /sys; insmod /craft_blk.ko'
			echo "$take"'take; shift; exec /blk-writer "/dev/$disk" "$@"'
		} >"$work/root/init"
		chmod +x "$work/root/init"
	fi
	(cd "$work/root" && find . | cpio -o -H newc --quiet) >"$work/initrd"
	cat "$root/build/lab/drivers.cpio" >>"$work/initrd"
}

# machine SAID ARGUMENTS...: in the background, with the disk
machine() {
	said=$1
	shift
	rm -f "$work/qmp"
	: >"$said"
	"$root/build/lab/qemu-system-x86_64" -L "$root/build/lab/firmware" -nodefaults -no-user-config \
		-display none -machine q35 -accel tcg -cpu max -m 128M -no-reboot \
		-kernel "$root/build/lab/bzImage" -initrd "$work/initrd" \
		-append "console=ttyS0 quiet no_timer_check rdinit=/kc-init -- /dev/vda $flushed fsync" \
		-chardev "file,id=said,path=$said" -serial chardev:said -object iothread,id=thread -object iothread,id=other -smp 2 \
		-qmp "unix:$work/qmp,server=on,wait=off" "$@" >"$out" 2>"$err" </dev/null &
}

with="-blockdev driver=qcow2,node-name=disk,file.driver=file,file.filename=$work/moved"

is_saved() {
	qmp query-migrate '{}' | grep -q '"status": "completed"'
}

# moves DEVICE: from QEMU to QEMU in mid-load, and at last a kill
moves() {
	flushed=0
	machine "$work/said0" -S
	await 20 [ -S "$work/qmp" ] && make_disk "$work/moved" >"$out" 2>&1
	kill_qemu
	wait
	# shellcheck disable=SC2086 # two words
	machine "$work/said0" $with -device "$1"
	for n in $(seq "$rounds"); do
		await 60 grep -q flushed "$work/said$((n - 1))" || return
		sleep "$(a_while)"
		qmp migrate '{"uri":"file:'"$work/saved"'"}' >"$out" && await 30 is_saved &&
			qmp quit '{}' >"$out" || return
		wait
		# shellcheck disable=SC2086 # two words
		machine "$work/said$n" $with -device "$1" -incoming "file:$work/saved"
		await 20 [ -S "$work/qmp" ] || return
	done
	await 60 grep -q flushed "$work/said$rounds" && sleep "$(a_while)"
	kill_qemu
	wait
	flushed=$(last_flushed "$work/said$rounds")
	[ "$flushed" ] || return
	# shellcheck disable=SC2086 # two words
	machine "$work/said" $with -device "$1"
	await 60 grep -q 'found\|lost' "$work/said"
	kill_qemu
	wait
	grep -q "found $flushed\." "$work/said"
}

# moved DEVICE
moved() {
	rm -f "$work/moved"
	moves "$1"
	result $? "$what: moved $rounds times in mid-load, then killed: all of $flushed blocks are there ($1)"
	kill_qemu
	wait
}

threads='"num-queues":4,"iothread-vq-mapping":[{"iothread":"thread"},{"iothread":"other"}]'
for pair in $pairs; do
	driver=${pair%/*} device=${pair#*/}
	what="$driver driver, $device device"
	module=
	[ "$driver" = stock ] || module='--module craft_blk'
	model=virtio-blk-pci
	[ "$device" = stock ] || model=craft-blk-pci
	: >"$out"
	guest 60 true
	unbound '"'$model'"'
	unbound '"'$model'","iothread":"thread","packed":true'
	unplugged
	drained '"'$model'"'
	drained '"'$model'","iothread":"thread","num-queues":2'
	make_guest
	moved $model,drive=disk
	moved '{"driver":"'$model'","drive":"disk","packed":true,'"$threads}"
done
done_testing
