#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Puts the modules that were built of the kernel's own tree into the lab: NAME.ko without debug
# information for guests, NAME.ko.debug with it, as build-modules.sh does with ours. LAB/modules
# then has two lists, in which what others use comes first: "stock" of all of them, "early" of
# those that the initramfs inserts, which drive virtio devices, and of what these need.
# A module that is the same keeps its time, by which saved machines know it.
#
# usage: stock-modules.sh BUILD LAB [EXCLUDED...]
#	EXCLUDED are paths without .ko that BUILD has for something else.

set -eu
. "$(dirname -- "$0")/common.sh"
build=$1
modules=$2/modules
shift 2
table=$build/.stock.table

# PATH without .ko, a line each; kbuild writes .o, before 6.4 .ko.
paths() {
	if [ -e "$build/modules.order" ]; then
		sed 's/\.k\?o$//' "$build/modules.order"
	fi
}

excluded() {
	for path; do
		echo "$path"
	done
}

# NAME PATH DRIVES NEEDED,NEEDED...: DRIVES is "virtio" or "-"
describe() {
	while read -r path; do
		name=$(basename "$path" | tr - _)
		drives=-
		! modinfo -F alias "$build/$path.ko" | grep -q '^virtio:' || drives=virtio
		echo "$name $path $drives $(modinfo -F depends "$build/$path.ko" | tr - _)"
	done
}

# The table's lines, ordered
in_order() {
	awk '{ print $1, $1; n = split($4, needed, ","); for (i = 1; i <= n; i++) print needed[i], $1 }' "$1" |
		tsort | awk 'NR == FNR { line[$1] = $0; next } $1 in line { print line[$1] }' "$1" -
}

# Who is needed comes first, so from the end on each is known to be wanted when it is met.
early() {
	tac "$1" | awk '$3 == "virtio" { wanted[$1] = 1 }
		$1 in wanted { print $1; n = split($4, needed, ","); for (i = 1; i <= n; i++) wanted[needed[i]] = 1 }' |
		tac
}

enter_lab() {
	strip --strip-debug -o "$modules/.$1.ko" "$build/$2.ko"
	if cmp -s "$modules/.$1.ko" "$modules/$1.ko"; then
		rm "$modules/.$1.ko"
	else
		mv "$modules/.$1.ko" "$modules/$1.ko"
	fi
	ln -sfn "$build/$2.ko" "$modules/$1.ko.debug"
}

leave_lab() {
	[ -e "$modules/stock" ] || return 0
	while read -r old; do
		grep -q "^${old%.ko} " "$table" || rm -f "$modules/$old" "$modules/$old.debug"
	done <"$modules/stock"
}

ours "$build/." "$modules/."
mkdir -p "$modules"
excluded "$@" >"$table.excluded"
paths | grep -vxFf "$table.excluded" | describe >"$table.new" || true
in_order "$table.new" >"$table"
leave_lab
while read -r name path _; do
	enter_lab "$name" "$path"
done <"$table"
sed 's/ .*/.ko/' "$table" >"$modules/stock"
early "$table" | sed 's/$/.ko/' >"$modules/early"
rm "$table.new" "$table.excluded"
