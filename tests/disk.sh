# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# shellcheck disable=SC2016,SC2034,SC2154 # what the guest is to expand; for who reads this file; of lib.sh
# What tests of block devices share: a driver and a device, either stock or
# craft (ours), and the host's fio and e2fsprogs in the guest, which mounts the
# host's /usr over 9p.

fio=$(readlink -f "$(command -v fio)")
mke2fs=$(readlink -f "$(PATH=$PATH:/usr/sbin:/sbin command -v mke2fs)")
e2fsck=$(readlink -f "$(PATH=$PATH:/usr/sbin:/sbin command -v e2fsck)")
loader=$(readlink -f /lib64/ld-linux-x86-64.so.2)
libraries=$(ldd "$fio" "$mke2fs" "$e2fsck" | sed -n 's/.*=> \([^ ]*\) .*/\1/p' | sort -u |
	xargs readlink -f | xargs dirname | sort -u | sed 's|^/usr|/mnt|' | paste -sd:)

# The first part of the guest's: $disk is the first virtio disk, which has the driver asked for.
take='
	stock=/sys/bus/virtio/drivers/virtio_blk ours=/sys/bus/virtio/drivers/craft_blk
	[ ! -e $ours ] || for at in $stock/virtio*; do
		echo "${at##*/}" >$stock/unbind && echo "${at##*/}" >$ours/bind || exit 9
	done
	disk=$(ls /sys/block | grep -E "^(vd|cbd)" | head -n 1)
	case $disk in cbd*) [ -e $ours ] ;; vd*) [ ! -e $ours ] ;; *) false ;; esac || exit 9
	'
# The second: programs of the host's
programs="mount -t 9p -o trans=virtio,msize=262144,cache=loose,ro host /mnt || exit 9
	host() { program=\$1; shift; /mnt${loader#/usr} --library-path $libraries /mnt\${program#/usr} \"\$@\"; }
	mke2fs() { host $mke2fs -F -q -t ext4 \"\$@\"; }
	e2fsck() { host $e2fsck \"\$@\"; }
	fio() { host $fio --name=job --filename=/dev/\$disk --direct=1 --ioengine=io_uring \
		--verify_fatal=1 \"\$@\" >/tmp/fio 2>&1 || { cat /tmp/fio >&2; return 1; }; }
	"

have_craft_device() {
	"$root/build/lab/qemu-system-x86_64" -device help | grep -q craft-blk-pci
}

# disk_guest DRIVER DEVICE PROPERTIES DRIVE COMMANDS [OPTION...]: runs the
# commands in a guest with such a pair; DRIVE is what -drive takes. $disk_limit: seconds, or 300
disk_guest() {
	module=
	[ "$1" = stock ] || module='--module craft_blk'
	model=virtio-blk-pci
	[ "$2" = stock ] || model=craft-blk-pci
	properties=$3 drive=$4 commands=$5
	shift 5
	# shellcheck disable=SC2086 # words
	try "${disk_limit:-300}" "$kc" run --no-device --memory 512M $module --qemu-args "-drive if=none,id=d,$drive" \
		--device "$model,drive=d,id=disk0$properties" "$@" -- sh -c "$take$commands"
}

host_usr='-device virtio-9p-pci,fsdev=h,mount_tag=host -fsdev local,id=h,path=/usr,readonly=on,security_model=none'
