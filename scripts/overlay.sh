#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes COPY what TREE is, with the patches applied.
# TREE is only read. Files that did not change keep their times, so that the
# next build compiles nothing needlessly; those that did have today's. Their own
# could be older than what was compiled of another tree, or of what they were
# before they were put back: ninja would take that for the newer.
#
# Some patches are others for newer releases: PATCHES/10.2 has those for 10.2 and
# what comes after it, each under the number that it takes the place of, or from
# 0100 on where it is for those alone. NNNN-none says why there is none any more.
#
# usage: overlay.sh TREE COPY PATCHES|no DEVICES.MAK COMPAT.H

set -eu
. "$(dirname -- "$0")/common.sh"
tree=$1
copy=$2
patches=
[ "$3" = no ] || patches=$(realpath -- "$3")
devices_mak=$4
compat_h=$5

# not_newer A B: versions
not_newer() {
	[ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]
}

# The patches for this tree, in their order: of each number the newest that is
# for its release
series() {
	for folder in '' $(cd "$patches" && printf '%s\n' [0-9]*/ | sort -V); do
		[ -z "$folder" ] || not_newer "${folder%/}" "$(cat "$tree/VERSION")" || continue
		for patch in "$patches/$folder"*.patch "$patches/$folder"*-none; do
			[ ! -e "$patch" ] || printf '%.4s %s\n' "${patch##*/}" "$patch"
		done
	done | awk '{ newest[$1] = $2 }
		END { for (number in newest) if (newest[number] !~ /-none$/) print number, newest[number] }' |
		sort | cut -d ' ' -f 2
}

chosen=$([ ! "$patches" ] || series)
# shellcheck disable=SC2086 # paths without blanks
patched=$(cat /dev/null $chosen | sed -n 's,^+++ b/\([^	]*\).*,\1,p' | sort -u)
new=$copy.new

ours "$copy/."
remove "$new" "$new.exclude"
mkdir -p "$copy" "$new"
trap 'remove "$new" "$new.exclude"' EXIT
trap 'exit 143' INT TERM HUP
printf '%s' "$patched" | sed 's,^,/,' >"$new.exclude"
rsync -a --no-times --checksum --delete --exclude-from="$new.exclude" --exclude=.git --exclude=/build \
	--exclude=__pycache__ --exclude=/.copied --exclude=/.tree --exclude=/hw/virtio/kernelcraft \
	--exclude=/configs/devices/x86_64-softmmu/kernelcraft.mak \
	--exclude=/include/hw/virtio/kernelcraft.h "$tree/" "$copy/"

for file in $patched; do
	[ -e "$tree/$file" ] || continue
	mkdir -p "$new/$(dirname "$file")"
	cp "$tree/$file" "$new/$file"
done
for patch in $chosen; do
	echo "applying ${patch#"$patches/"}"
	patch -d "$new" -p1 -F0 --no-backup-if-mismatch <"$patch" || {
		echo "qemu/patches/${patch#"$patches/"} does not apply to $tree" \
			"(QEMU $(cat "$tree/VERSION"))." >&2
		echo "The patches are made for QEMU 10.0, 10.2, 11.0 and 11.1; adapt this one to your tree, or" \
			"build it as it is by PATCHES=no, without the lab's devices and kc trace." >&2
		exit 1
	}
done

# install_if_new SOURCE TARGET
install_if_new() {
	cmp -s "$1" "$2" && return
	mkdir -p "$(dirname "$2")"
	cp "$1" "$2"
}

for file in $patched; do
	install_if_new "$new/$file" "$copy/$file"
done
install_if_new "$compat_h" "$copy/include/hw/virtio/kernelcraft.h"
install_if_new "$devices_mak" "$copy/configs/devices/x86_64-softmmu/kernelcraft.mak"
