#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Boots a kernel and a disk image to a prompt on the serial console: what
# `kc boot` comes down to, with nothing between you and QEMU. boot.ml beside it
# is the same in OCaml. Ctrl-A x ends the machine.
#
# usage: boot.sh [--dry-run] [KERNEL [DISK]]
# The lab's own by default; of a kernel of the lab's the drivers, which are modules,
# lie beside it. --dry-run prints the command, a word a line.
# QEMU= names another QEMU, ACCEL=kvm asks for KVM.

set -eu
unset CDPATH
lab=$(cd -- "$(dirname -- "$0")/.." && pwd -P)/build/lab
qemu=${QEMU:-$lab/qemu-system-x86_64}
accel=${ACCEL:-tcg}
case $accel in kvm) cpu=host ;; *) cpu=max ;; esac

show=
case ${1-} in
-h | --help)
	sed -n '/^# usage/,/^$/s/^# *//p' "$0"
	exit
	;;
--dry-run)
	show=1
	shift
	;;
esac
kernel=${1:-$lab/bzImage}
disk=${2:-$lab/disk.ext4}
drivers=$(dirname -- "$kernel")/drivers.cpio
[ -r "$drivers" ] || drivers=

for file in "$qemu" "$kernel" "$disk"; do
	[ -r "$file" ] || {
		echo "boot.sh: cannot read $file; make all builds the lab" >&2
		exit 1
	}
done

set -- "$qemu" -L "$lab/firmware" -nodefaults -no-user-config -display none \
	-machine q35 -accel "$accel" -cpu "$cpu" -m 256M \
	-kernel "$kernel" -append "console=ttyS0 no_timer_check root=/dev/vda rw rdinit=/kc-init" \
	${drivers:+-initrd "$drivers"} \
	-drive "file=$disk,format=raw,if=virtio" \
	-serial mon:stdio -device virtio-hello-pci

if [ "$show" ]; then printf '%s\n' "$@"; else exec "$@"; fi
