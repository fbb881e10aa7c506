#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The lab under KVM. On a host that has it, at once; elsewhere in an outer
# machine, which QEMU emulates with AMD's SVM and nested pages: its kernel is
# the lab's with KVM as modules, its root is this host's over 9p and read-only,
# with what is written in memory. So all that the lab needs is where it is here.
#
# As little of it as shows that both work; all of it with SOAK=1.
. "$(dirname "$0")/../lib.sh"
if "$kc" doctor 2>/dev/null | grep -q 'accelerator *KVM'; then
	exec "$root/tests/kvm/inside.sh"
fi
limit=$([ -n "${SOAK:-}" ] && echo 3600 || echo 900)

# KVM takes the counter's rate when it starts. One that the kernel finds to be
# another a second later has its guests' kvm-clock run fast, be set back and
# then stand still until the time has come again: guests hang.
rate=$("$kc" run --dry-run --accel tcg --transport mmio -- true | grep -o 'tsc_early_khz=[0-9]*')

# What inside.sh prints is ours, its plan as well.
# shellcheck disable=SC2016 # for the shell of the outer machine
outer='set -e
modules=/lower$1
shift
mkdir -p /lower /over /host
mount -t 9p -o trans=virtio,version=9p2000.L,cache=loose,msize=500000,ro host /lower
for module in irqbypass kvm kvm-amd overlay; do insmod "$modules/$module.ko"; done
mount -t tmpfs -o size=75% over /over
mkdir /over/up /over/work
mount -t overlay -o lowerdir=/lower,upperdir=/over/up,workdir=/over/work root /host
for dir in dev proc sys; do mount --rbind /$dir /host/$dir; done
mount -t tmpfs tmp /host/tmp
exec chroot /host "$@"'
exec "$kc" run --cold --no-device --accel tcg --memory 4G --smp 2 \
	--append "mitigations=off tsc=reliable $rate" --timeout "$limit" \
	--qemu-args '-virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap' \
	-- sh -c "$outer" sh "$root/build/lab/kvm" /usr/bin/env "PATH=$PATH" HOME=/tmp KC_EMULATED_HOST=1 "SOAK=${SOAK:-}" \
	"$root/tests/kvm/inside.sh"
