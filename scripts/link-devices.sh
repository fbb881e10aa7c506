#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes FOLDER, in QEMU's tree, what QEMU builds the devices from: a link to
# each folder in DEVICES that has a meson.build, and a meson.build that names
# them all. A device that comes or goes changes that file, which meson watches.
#
# usage: link-devices.sh FOLDER DEVICES...

set -eu
folder=$1
. "$(dirname -- "$0")/common.sh"
shift

# Which have trace points is said because meson looks for those only then, too.
name_devices() {
	echo '# Made by scripts/link-devices.sh'
	for file; do
		dir=${file%/meson.build}
		echo "subdir('${dir##*/}')$([ ! -e "$dir/trace-events" ] || echo ' # trace-events')"
	done
}

# It was one link once, through which the user's own files would be written.
[ ! -L "$folder" ] || remove "$folder"
mkdir -p "$folder"
for home; do
	shift
	for file in "$(realpath -m -- "$home")"/*/meson.build; do
		[ ! -e "$file" ] || set -- "$@" "$file"
	done
done
name_devices "$@" >"$folder/.new"
find "$folder" -type l -exec rm -f {} +
for file; do
	ln -s "${file%/meson.build}" "$folder/"
done
if cmp -s "$folder/.new" "$folder/meson.build"; then
	rm "$folder/.new"
else
	mv "$folder/.new" "$folder/meson.build"
fi
