#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes COPY what TREE is, with the patches applied and our devices linked in.
# TREE is only read. Files that did not change keep their times, so that the
# next build compiles nothing needlessly.
#
# usage: overlay.sh TREE COPY PATCHES DEVICES.MAK DEVICES

set -eu
tree=$1
copy=$2
patches=$(cd "$3" && pwd)
devices_mak=$4
devices=$(cd "$5" && pwd)

patched=$(sed -n 's,^+++ b/\([^	]*\).*,\1,p' "$patches"/*.patch | sort -u)
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT

echo "$patched" | sed 's,^,/,' >"$new.exclude"
trap 'rm -rf "$new" "$new.exclude"' EXIT
mkdir -p "$copy"
rsync -a --delete --exclude-from="$new.exclude" --exclude=.git --exclude=/build \
	--exclude=__pycache__ --exclude=/.copied --exclude=/hw/virtio/kernelcraft \
	--exclude=/configs/devices/x86_64-softmmu/kernelcraft.mak "$tree/" "$copy/"

for file in $patched; do
	[ -e "$tree/$file" ] || continue
	mkdir -p "$new/$(dirname "$file")"
	cp "$tree/$file" "$new/$file"
done
for patch in "$patches"/*.patch; do
	echo "applying $(basename "$patch")"
	patch -d "$new" -p1 --no-backup-if-mismatch <"$patch" || {
		echo "qemu/patches/$(basename "$patch") does not apply to $tree" \
			"(QEMU $(cat "$tree/VERSION"))." >&2
		echo "The patches are made for QEMU 10.0; adapt this one to your tree." >&2
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
install_if_new "$devices_mak" "$copy/configs/devices/x86_64-softmmu/kernelcraft.mak"
ln -sfn "$devices" "$copy/hw/virtio/kernelcraft"
