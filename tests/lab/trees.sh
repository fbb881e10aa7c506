#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# LINUX_SRC= and QEMU_SRC=: trees of the user's own are judged before anything is
# built of them, and are never written to.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../scratch.sh"

clone=$work/clone
scratch_clone "$clone"
linux=$(readlink -f "$root/build/src/linux")
qemu=$(readlink -f "$root/build/src/qemu")

# refuses NAME WORDS VARIABLE=TREE
refuses() {
	verb=linux
	case $3 in QEMU*) verb=qemu ;; esac
	try 60 make -C "$clone" $verb "$3"
	refused "$1" 2 "$2"
}

# some_linux VERSION PATCHLEVEL: what is looked at of one
some_linux() {
	mkdir -p "$work/linux"
	printf 'VERSION = %s\nPATCHLEVEL = %s\n' "$1" "$2" >"$work/linux/Makefile"
	: >"$work/linux/Kbuild"
}
some_qemu() {
	mkdir -p "$work/qemu/hw/virtio"
	echo "$1" >"$work/qemu/VERSION"
	: >"$work/qemu/hw/virtio/virtio.c"
}

refuses "no such tree" "linux: no such folder: $work/none" LINUX_SRC="$work/none"
refuses "an archive" "is a file. Unpack it" LINUX_SRC="$root/Makefile"
refuses "a folder that is no Linux" "is not a Linux source tree" LINUX_SRC="$root/kc"
some_linux 6 10
refuses "a Linux that is too old" "is Linux 6.10; the drivers need 6.11" LINUX_SRC="$work/linux"
some_linux 6 12
: >"$work/linux/.config"
refuses "a Linux that was built in place" "was built in place" LINUX_SRC="$work/linux"
refuses "a tree that holds the clone" "holds this clone" LINUX_SRC="$work"
refuses "no such QEMU" "qemu: no such folder: $work/none" QEMU_SRC="$work/none"
refuses "a folder that is no QEMU" "is not a QEMU source tree" QEMU_SRC="$root/kc"
some_qemu 9.2.4
refuses "a QEMU that is too old" "is QEMU 9.2.4; the devices need 10.0" QEMU_SRC="$work/qemu"
some_qemu 10.2.2
refuses "a clone of QEMU without its subprojects" "download keycodemapdb berkeley-softfloat-3 berkeley-testfloat-3" QEMU_SRC="$work/qemu"
for part in keycodemapdb berkeley-softfloat-3 berkeley-testfloat-3; do
	mkdir -p "$work/qemu/subprojects/$part"
	: >"$work/qemu/subprojects/$part/meson.build"
done
rm "$work/qemu/subprojects/berkeley-softfloat-3/meson.build"
refuses "... or without one of them" "download berkeley-softfloat-3)" QEMU_SRC="$work/qemu"
: >"$work/qemu/subprojects/berkeley-softfloat-3/meson.build"
try 60 "$clone/scripts/check-tree.sh" qemu "$work/qemu"
[ "$status" = 0 ]
result $? "... and with them it will do"
try 60 env HOME="$work" make -C "$clone" linux 'LINUX_SRC=~/linux'
refused "~ is the home also where the shell leaves it" 2 "LINUX_SRC=$work/linux was built in place"
try 60 env LINUX_SRC="$work/none" make -C "$clone" linux
refused "one that is exported is meant, too" 2 "no such folder: $work/none"

mkdir -p "$work/project/devices" "$work/project/kc"
ln -s "$root/scripts" "$root/mk" "$work/project/"
try 60 env KC_ROOT="$work/project" LINUX_SRC="$work/linux" QEMU_SRC="$qemu" "$kc" doctor
[ "$status" = 241 ] && grep -q '^FAULT .*was built in place' "$out" && grep -q "qemu is yours: $qemu" "$out"
result $? "kc doctor judges them alike"

# A build folder of its own for each; the configuration comes first.
if [ -e "$linux/Kbuild" ]; then
	touch "$work/before"
	folder=$clone/build/linux-$(printf %s "$linux" | cksum | cut -d' ' -f1)
	try 300 make -C "$clone" "$folder/.config" LINUX_SRC="$linux"
	[ "$status" = 0 ] && grep -q '^CONFIG_VIRTIO_PCI=y' "$folder/.config" && [ ! -e "$clone/build/src" ] &&
		[ -z "$(find "$linux" -newer "$work/before" -print -quit)" ]
	result $? "LINUX_SRC is configured in a folder of its own, not written to, and nothing is fetched"
else
	skip "LINUX_SRC is configured in a folder of its own" "no sources in build/src"
fi

copy=$clone/build/qemu/src
copied() {
	try 300 make -C "$clone" "$copy/.copied" QEMU_SRC="$qemu"
}
if [ -e "$qemu/VERSION" ]; then
	touch "$work/before"
	copied
	[ "$status" = 0 ] &&
		! cmp -s "$qemu/hw/virtio/virtio.c" "$copy/hw/virtio/virtio.c" &&
		[ -z "$(find "$qemu" -newer "$work/before" -print -quit)" ] && [ ! -e "$copy.new" ]
	result $? "QEMU_SRC is copied and patched, and not written to"
	touch "$work/before"
	echo '/* mine */' >"$copy/mine.c"
	copied
	[ "$status" = 0 ] && [ ! -e "$copy/mine.c" ] &&
		[ -z "$(find "$copy" -newer "$work/before" -name '*.[ch]' -print -quit)" ]
	result $? "... and again, which changes no file that is as it was"
	sed -i '/^diff\|^---\|^+++/!s/virtio/virtuous/' "$(find "$clone/qemu/patches" -name '*.patch' | sort | head -n 1)"
	copied
	[ "$status" = 2 ] && grep -q 'does not apply to' "$err"
	result $? "a patch that does not fit is named"

	# A newer release's patch stands in for the one of the same number.
	rm -rf "$clone/qemu/patches" "$work/other"
	mkdir -p "$clone/qemu/patches/99.1" "$work/other/include/hw/virtio"
	for place in 0001-one 0002-two 99.1/0001-other; do
		printf -- '--- /dev/null\n+++ b/%s\n@@ -0,0 +1 @@\n+%s\n' "${place##*-}" "$place" >"$clone/qemu/patches/$place.patch"
	done
	for version in 99.0.5:one 99.1.0:other 100.0.0:other; do
		echo "${version%:*}" >"$work/other/VERSION"
		try 60 "$clone/scripts/overlay.sh" "$work/other" "$clone/build/other" "$clone/qemu/patches" \
			"$clone/qemu/devices.mak" "$clone/qemu/compat.h"
		[ "$status" = 0 ] && [ -e "$clone/build/other/${version#*:}" ] && [ -e "$clone/build/other/two" ] &&
			[ "$(find "$clone/build/other" -mindepth 1 -maxdepth 1 -name 'o*' | wc -l)" = 1 ] &&
			[ -e "$clone/build/other/include/hw/virtio/kernelcraft.h" ]
		result $? "QEMU ${version%:*} gets the patch that is for it"
	done
	mkdir "$clone/qemu/patches/99.2"
	echo 'mended since' >"$clone/qemu/patches/99.2/0001-none"
	for version in 99.1.0:other 99.2.0:none; do
		echo "${version%:*}" >"$work/other/VERSION"
		try 60 "$clone/scripts/overlay.sh" "$work/other" "$clone/build/other" "$clone/qemu/patches" \
			"$clone/qemu/devices.mak" "$clone/qemu/compat.h"
		[ "$status" = 0 ] && [ -e "$clone/build/other/two" ] && [ "$(find "$clone/build/other" -mindepth 1 -maxdepth 1 -name 'o*')" = \
			"$([ "${version#*:}" = none ] || echo "$clone/build/other/other")" ]
		result $? "and QEMU ${version%:*} the one that there is for it, if any"
	done

	# Another tree's release may be older than what was compiled of this one.
	echo 'int one;' >"$work/other/same.c"
	echo 'int one;' >"$work/other/other.c"
	for content in one two; do
		echo "int $content;" >"$work/other/other.c"
		touch -d 2020-01-01 "$work/other/same.c" "$work/other/other.c"
		touch "$work/before"
		sleep 0.1
		try 60 "$clone/scripts/overlay.sh" "$work/other" "$clone/build/other" "$clone/qemu/patches" \
			"$clone/qemu/devices.mak" "$clone/qemu/compat.h"
	done
	[ "$status" = 0 ] && [ "$(cd "$clone/build/other" && find . -name '*.c' -newer "$work/before")" = ./other.c ] &&
		grep -q two "$clone/build/other/other.c"
	result $? "a file that differs is newer than what was compiled before, however old it is"
else
	skip "QEMU_SRC is copied and patched" "no sources in build/src"
fi
done_testing
