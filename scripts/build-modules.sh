#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds the modules of each DIR in a mirror of links, and puts them into the
# lab: NAME.ko without debug information for guests, NAME.ko.debug with it for
# gdb and for decoding stack traces. Sections and addresses are the same.
#
# usage: build-modules.sh MIRROR LAB 'DIR...' MAKE [ARG...]

set -eu
mirror=$1
modules=$2/modules
dirs=$3
shift 3
here=$(cd "$(dirname "$0")/.." && pwd)

mirror_sources() {
	for dir in $dirs; do
		mkdir -p "$mirror/$dir"
		find "$mirror/$dir" -xtype l -delete
		ln -sf "$here/$dir"/* "$mirror/$dir/"
		echo "obj-m += $dir/"
	done >"$mirror/Kbuild.new"
	cmp -s "$mirror/Kbuild.new" "$mirror/Kbuild" || mv "$mirror/Kbuild.new" "$mirror/Kbuild"
}

# Before 6.13 the paths are absolute.
built() {
	sed -n -e 's/\.o$/.ko/' -e "s|^[^/]|$mirror/&|" -e p "$mirror/modules.order"
}

enter_lab() {
	name=$(basename "$1")
	strip --strip-debug -o "$modules/.$name" "$1"
	mv "$modules/.$name" "$modules/$name"
	ln -sfn "$1" "$modules/$name.debug"
}

leave_lab() {
	for old in "$modules"/*.ko; do
		built | grep -q "/${old##*/}\$" || rm -f "$old" "$old.debug"
	done
}

mkdir -p "$modules" "$mirror"
mirror_sources
# Debuggers open the sources themselves; messages name them as the project does.
"$@" M="$mirror" modules \
	KCFLAGS="-fdebug-prefix-map=$mirror=$here -fmacro-prefix-map=$mirror/="
leave_lab
for module in $(built); do
	enter_lab "$module"
done
