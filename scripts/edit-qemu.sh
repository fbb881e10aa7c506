#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds what some edited files of the lab's QEMU tree need. The tree is only read: the lab
# has a copy, which the patches are applied to. What fails leaves the QEMU that was. Stdout has
#
#   qemu OBJECTS        how many objects were compiled before it was linked again
#   nothing             no object is made of these files, or with them
#   current             they are as they were
#
# usage: edit-qemu.sh --needs BUILD FILE...
#	Only says "qemu". A source that nothing is built of is refused.
# usage: edit-qemu.sh TREE COPY BUILD PATCHES DEVICES.MAK COMPAT.H FILE... -- NINJA [ARG...]

set -eu
. "$(dirname -- "$0")/common.sh"

# Meson names an object by the path of its source, and has rules for more than are built.
# meson.build files, headers and what else ninja knows are for it to judge.
check() {
	case $1 in
	*.c) [ "$(find "$build" -mindepth 2 -maxdepth 2 -name "$(echo "$1" | tr / _).o")" ] || die \
		"$1 is not part of this QEMU: no object was built of it." \
		"qemu/devices.mak lists the devices that are." ;;
	esac
}

if [ "$1" = --needs ]; then
	build=$2
	shift 2
	for file; do check "$file"; done
	echo qemu
	exit
fi
tree=$1 copy=$2 build=$3 patches=$4 devices_mak=$5 compat_h=$6
shift 6
files=
while [ "$1" != -- ]; do
	check "$1"
	files="$files $1"
	shift
done
shift
program=$build/qemu-system-x86_64
log=$build/.edit.log

# Of the copy, in which files have their patches
sums() {
	# shellcheck disable=SC2086 # paths without blanks
	(cd "$copy" && cksum $files 2>/dev/null) || true
}

# A linker that fails or is interrupted takes the old program along.
put_back() {
	[ -e "$program" ] || [ ! -e "$build/.last" ] || cp -p "$build/.last" "$program"
}

# A header that everything includes takes minutes, in which there is nothing to see.
announce() {
	steps=$("$@" -n qemu-system-x86_64 2>/dev/null |
		sed -n 's,^\[[0-9]*/\([0-9]*\)\].*,\1,p' | tail -n 1)
	[ "${steps:-0}" -lt 100 ] ||
		echo "QEMU: $steps steps, as so much is built of $(echo "$changed" | tr '\n' ' ')" >&2
}

ours "$build/." "$copy/."
exec 9>"$build/.edit.lock"
flock 9
put_back
trap put_back EXIT
trap 'exit 143' INT TERM HUP
before=$(sums)
"$root/scripts/overlay.sh" "$tree" "$copy" "$patches" "$devices_mak" "$compat_h" >"$log" 2>&1 || {
	cat "$log" >&2
	exit 1
}
touch "$copy/.copied"
changed=$(printf '%s\n' "$before" "$(sums)" | sort | uniq -u | cut -d ' ' -f 3 | sort -u)
cp -p "$program" "$build/.last"
announce "$@"
"$@" qemu-system-x86_64 >"$log" 2>&1 || {
	grep -v '^\[[0-9]*/[0-9]*\]' "$log" >&2
	exit 1
}
compiled=$(grep -c '^\[[0-9]*/[0-9]*\] Compiling' "$log" || true)
if ! cmp -s "$program" "$build/.last" || [ "$compiled" != 0 ]; then
	echo "qemu $compiled"
elif [ "$changed" ]; then
	echo nothing
else
	echo current
fi
