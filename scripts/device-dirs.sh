#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Prints the folders of all devices, as make names them: devices/NAME, and
# build/outside/NAME for a link to one that its author keeps elsewhere. Those
# are named in KC_DEVICES (with ':' between them) and in devices.local, a line
# each; a folder is a device's own, or holds several, or none yet. kc, which
# make has not built yet, reads them likewise: kc/device/folder.c.
#
# usage: device-dirs.sh

set -eu
. "$(dirname -- "$0")/common.sh"
cd "$root"
links=build/outside

named() {
	printf '%s\n' "${KC_DEVICES:-}" | tr ':' '\n'
	[ ! -e devices.local ] || cat devices.local
}

# The devices of DIR, by their real names: itself, or the folders in it
devices_of() {
	[ -d "$1" ] || die "KC_DEVICES or devices.local names '$1', where no folder is."
	for abi in "$1/abi.h" "$1"/*/abi.h; do
		[ ! -e "$abi" ] || realpath -- "${abi%/abi.h}"
		[ ! -e "$1/abi.h" ] || break
	done
}

outside() {
	named | while read -r dir; do
		case $dir in '' | '#'*) continue ;; [~]/*) dir=$HOME/${dir#??} ;; esac
		devices_of "$dir" || exit 1
	done
}

id_of() {
	sed -n 's/^#define[[:blank:]]*VIRTIO_ID_[A-Z0-9_]*[[:blank:]]*\([0-9]*\).*/\1/p' "$1/abi.h" |
		head -n 1
}

# Lines of DIR in; one name or one id for two is an error.
check_unique() {
	while IFS= read -r dir; do
		echo "$(id_of "$dir") $dir"
	done | awk '{ id = $1; dir = $0; sub(/^[^ ]* /, "", dir); name = dir; sub(/.*\//, "", name) }
		name in names { print "kernelcraft: two devices are called " name ": " names[name] " and " dir; bad = 1 }
		id in ids { print "kernelcraft: two devices have the id " id ": " ids[id] " and " dir; bad = 1 }
		{ names[name] = dir; ids[id] = dir }
		END { exit bad }' >&2
}

ours=$(for abi in devices/*/abi.h; do echo "${abi%/abi.h}"; done)
found=$(outside) || exit 1
# One that is named twice, or is ours, is the same.
found=$(printf '%s\n' "$found" | awk -v ours="$root/devices/" '$0 != "" && !seen[$0]++ && index($0, ours) != 1')
printf '%s\n' "$ours" ${found:+"$found"} | check_unique
if [ "$found" ] || [ -d "$links" ]; then
	mkdir -p "$links"
	find "$links" -type l -exec rm {} +
fi
echo "$ours"
[ -z "$found" ] || printf '%s\n' "$found" | while IFS= read -r dir; do
	ln -s "$dir" "$links/"
	echo "$links/${dir##*/}"
done
