#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Is DIR what the user says it is, and fit to be built from without writing
# into it?
#
# usage: check-tree.sh linux|qemu|buildroot DIR

set -eu
. "$(dirname -- "$0")/common.sh"
kind=$1
dir=$2

check_linux() {
	{ grep -qs '^PATCHLEVEL = ' "$dir/Makefile" && [ -e "$dir/Kbuild" ]; } ||
		die "LINUX_SRC=$dir is not a Linux source tree (no Makefile with PATCHLEVEL, no Kbuild)." \
			"Give the top folder of an unpacked or cloned kernel, 6.11 or newer."
	version=$(awk '/^VERSION =/ { v = $3 } /^PATCHLEVEL =/ { print v * 1000 + $3; exit }' \
		"$dir/Makefile")
	[ "$version" -ge 6011 ] ||
		die "LINUX_SRC=$dir is Linux $((version / 1000)).$((version % 1000)); the drivers need 6.11 or newer."
	# The kernel refuses O= then, and cleaning is not ours to do.
	if [ -e "$dir/.config" ] || [ -d "$dir/include/config" ]; then
		die "LINUX_SRC=$dir was built in place, so it cannot also be built elsewhere." \
			"Clean it yourself (make mrproper), or give a clean one, for example:" \
			"    git -C $dir worktree add $dir-clean; make LINUX_SRC=$dir-clean ..."
	fi
}

check_qemu() {
	{ [ -e "$dir/VERSION" ] && [ -e "$dir/hw/virtio/virtio.c" ]; } ||
		die "QEMU_SRC=$dir is not a QEMU source tree (no VERSION, no hw/virtio/virtio.c)." \
			"Give the top folder of an unpacked or cloned QEMU, 10.0 or newer."
	version=$(cut -d. -f1 "$dir/VERSION")
	[ "$version" -ge 10 ] ||
		die "QEMU_SRC=$dir is QEMU $(cat "$dir/VERSION"); the devices need 10.0 or newer."
	# A release has them; a clone gets them when meson is let download, here it is not.
	for part in keycodemapdb berkeley-softfloat-3 berkeley-testfloat-3; do
		[ -e "$dir/subprojects/$part/meson.build" ] || missing="${missing:-}${missing:+ }$part"
	done
	[ -z "${missing:-}" ] ||
		die "QEMU_SRC=$dir is a git clone without its subprojects (none of $missing in subprojects/)." \
			"Bring them, then try again: (cd $dir && meson subprojects download $missing)"
}

check_buildroot() {
	[ -n "$dir" ] ||
		die "say where Buildroot is: BUILDROOT_SRC=DIR, a release or a git clone of yours." \
			"Releases are at https://buildroot.org/download.html: 2025.02.x (long-term) to 2026.08." \
			"Unpack one wherever you like; nothing is written into it. For example:" \
			"    tar -xf buildroot-2026.08.tar.xz -C ~" \
			"    make rootfs-buildroot BUILDROOT_SRC=~/buildroot-2026.08"
	version=$(sed -n 's/^export BR2_VERSION := *//p' "$dir/Makefile" 2>/dev/null) || true
	{ [ -n "$version" ] && [ -e "$dir/package/pkg-generic.mk" ]; } ||
		die "BUILDROOT_SRC=$dir is not a Buildroot tree (no BR2_VERSION in Makefile, no package/)." \
			"Give the top folder of an unpacked or cloned Buildroot, 2025.02 or newer."
	case $version in
	20[01]* | 202[0-4].* | 2025.01*)
		die "BUILDROOT_SRC=$dir is Buildroot $version; 2025.02 is the oldest that will do."
		;;
	esac
}

case $root/ in
"$(realpath -m -- "${dir:-none}")"/*) die "$kind: $dir holds this clone, $root. Give a tree beside it." ;;
esac
[ ! -f "$dir" ] || die "$kind: $dir is a file. Unpack it, and give the folder that comes out."
[ "$kind:$dir" = buildroot: ] || [ -d "$dir" ] || die "$kind: no such folder: $dir"
check_"$kind"
