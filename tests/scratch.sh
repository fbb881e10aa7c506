# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2154 # root is lib.sh's
# A project of its own for tests that edit devices: links to the user's, which
# is not written to, but for devices/ and modules/ and what is built of them.

# scratch_project DIR
scratch_project() {
	mkdir -p "$1/build/lab" "$1/build/rootfs" "$1/build/qemu"
	for part in "$root"/* "$root"/build/linux "$root"/build/src "$root"/build/busybox \
		"$root"/build/lab/*; do
		to=$1${part#"$root"}
		[ -e "$to" ] || ln -s "$part" "$to"
	done
	rm "$1/devices" "$1/modules" "$1/build/lab/modules" "$1/build/lab/qemu-system-x86_64"
	cp -aL "$root/devices" "$root/modules" "$1/"
	cp -a "$root/build/linux-modules" "$1/build/"
	find "$1/build/linux-modules" -type l -delete
	cp -aL "$root/build/lab/modules" "$1/build/lab/"
	cp -a "$root/build/rootfs/tests" "$1/build/rootfs/"
	scratch_qemu "$1/build/qemu" "$1/devices"
	find "$1/build" -name '.seen*' -delete
	ln -s "$1/build/qemu/obj/qemu-system-x86_64" "$1/build/lab/qemu-system-x86_64"
}

# QEMU's objects know its sources by "../src": all of those are links but for
# the one to the devices.
scratch_qemu() {
	from=$(readlink -f "$root/build/qemu")
	cp -a "$from/obj" "$1/"
	mkdir -p "$1/src/hw/virtio"
	for part in "$from"/src/* "$from"/src/hw/* "$from"/src/hw/virtio/*; do
		to=$1${part#"$from"}
		[ -e "$to" ] || ln -s "$part" "$to"
	done
	rm "$1/src/hw/virtio/kernelcraft"
	mkdir "$1/src/hw/virtio/kernelcraft"
	cp -p "$from/src/hw/virtio/kernelcraft/meson.build" "$1/src/hw/virtio/kernelcraft/"
	"${2%/devices}/scripts/link-devices.sh" "$1/src/hw/virtio/kernelcraft" "$2"
}

# scratch_clone DIR: as git makes it, with what is not committed yet; nothing is
# built in it.
scratch_clone() {
	mkdir -p "$1"
	tar -C "$root" --exclude=./build --exclude=./.git -cf - . | tar -C "$1" -xf -
}

# over_project KEPT COMMAND...: runs it in the project itself, over which lies an overlay that
# keeps in the folder KEPT what is written; so it is built where its objects know to be. With 77
# none can be mounted here.
# shellcheck disable=SC2016 # what the shell inside is to expand
over_project() {
	mkdir -p "$1/written" "$1/work"
	over=$1
	user=
	[ "$(id -u)" = 0 ] || user=--map-root-user
	shift
	unshare --mount $user sh -c 'mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/written,workdir=$2/work$3" "$1" ||
		exit 77
	cd "$1" && shift 3 && "$@"' sh "$root" "$over" "${user:+,userxattr}" "$@"
	set -- $?
	# The kernel leaves a folder that nobody may look into.
	[ ! -d "$over/work/work" ] || chmod u+rwx "$over/work/work"
	return "$1"
}

# How many turns the kc watch whose words are in $log has told the end of
watch_verdicts() {
	grep -cE ' (PASSED|NOT PASSED|NOT BUILT), after' "$log"
}

# ... and whether those are more than the $turns that were awaited
watch_one_more() {
	[ "$(watch_verdicts)" -gt "$turns" ]
}
