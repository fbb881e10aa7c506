#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds the modules of each DIR in a mirror of links, and puts them into the
# lab: NAME.ko without debug information for guests, NAME.ko.debug with it for
# gdb and for decoding stack traces. Sections and addresses are the same.
#
# usage: build-modules.sh MIRROR LAB 'DIR...' MAKE [ARG...]
# usage: build-modules.sh MIRROR LAB --alone DIR MAKE [ARG...]
#	That one's, and nothing is done about the others.

set -eu
. "$(dirname -- "$0")/common.sh"
mirror=$1
modules=$2/modules
alone=
[ "$3" != --alone ] || { alone=$4 && shift; }
dirs=$3
shift 3
top=$mirror${alone:+/$alone}

mirror_dir() {
	mkdir -p "$mirror/$1"
	# make would go on with the object of a source that is gone.
	find "$mirror/$1" -xtype l | while read -r gone; do
		rm -f "$gone" "${gone%.c}.o"
	done
	ln -sf "$root/$1"/* "$mirror/$1/"
}

mirror_sources() {
	for dir in $dirs; do
		mirror_dir "$dir"
		echo "obj-m += $dir/"
	done >"$mirror/Kbuild.new"
	cmp -s "$mirror/Kbuild.new" "$mirror/Kbuild" || mv "$mirror/Kbuild.new" "$mirror/Kbuild"
}

# Objects of sources that are newer than their times say.
forget_restored() {
	"$root/scripts/restored.sh" "$top/.seen" "$root/$alone" | while read -r file; do
		case $file in
		*.c) rm -f "$top/${file%.c}.o" ;;
		*.h) find "$top" -maxdepth 1 -name '*.o' -delete ;;
		esac
	done
}

# Before 6.13 the paths are absolute.
built() {
	sed -n -e 's/\.o$/.ko/' -e "s|^[^/]|$top/&|" -e p "$top/modules.order"
}

enter_lab() {
	name=$(basename "$1")
	strip --strip-debug -o "$modules/.$name" "$1"
	mv "$modules/.$name" "$modules/$name"
	ln -sfn "$1" "$modules/$name.debug"
}

leave_lab() {
	for old in "$modules"/*.ko; do
		built | grep -q "/${old##*/}\$" || grep -qsx "${old##*/}" "$modules/stock" ||
			rm -f "$old" "$old.debug"
	done
}

ours "$mirror/." "$modules/."
mkdir -p "$modules" "$mirror"
if [ "$alone" ]; then
	mirror_dir "$alone"
	forget_restored
else
	mirror_sources
fi
# Debuggers open the sources themselves; messages name them as the project does.
"$@" M="$top" modules \
	KCFLAGS="-fdebug-prefix-map=$mirror=$root -fmacro-prefix-map=$mirror/="
[ "$alone" ] || leave_lab
for module in $(built); do
	enter_lab "$module"
done
