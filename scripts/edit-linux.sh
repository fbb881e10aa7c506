#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds what some edited files of the lab's Linux tree need, and no more. The tree is only
# read; BUILD is where its kernel was built with O=. Stdout has a line for each thing:
#
#   module NAME FILE    a module, which now is the lab's
#   image               the kernel itself
#   lab                 kernel, modules and root filesystem, by CMD: a header or a rule that
#                       more than modules depends on
#
# usage: edit-linux.sh --needs BUILD FILE...
#	Only says what is needed. A file that nothing is built of is refused.
# usage: edit-linux.sh BUILD LAB CMD FILE... -- MAKE [ARG...]

set -eu
. "$(dirname -- "$0")/common.sh"
needs=
[ "$1" != --needs ] || { needs=1 && shift; }
build=$1
tree=$(realpath -- "$build/source")
shift
if [ ! "$needs" ]; then
	lab=$1
	whole=$2
	shift 2
fi

# The option whose rule in the Makefile beside it FILE's object stands in
option_of() {
	sed -n "s/^obj-\$(\(CONFIG_[A-Z0-9_]*\)).*[ =]$(basename "${1%.*}")\.o.*/\1/p" \
		"$tree/$(dirname "$1")/Makefile" 2>/dev/null | head -n 1
}

# Why nothing is built of it
refuse() {
	case $1 in
	*.[cS])
		option=$(option_of "$1")
		die "$1 is not part of this kernel: no object was built of it." \
			"${option:+Its rule asks for $option. }'make linux-menuconfig' sets options."
		;;
	*.h) die "$1 is not part of this kernel: no object includes it." ;;
	*) die "$1 is nothing that a kernel is built of: no rule uses it." ;;
	esac
}

# objects FILE: what was compiled of it, or with it, by what Kbuild left beside each object
objects() {
	own=$(dirname "$1")/.$(basename "${1%.*}").o.cmd
	case $1 in
	*.[cS])
		if [ -e "$build/$own" ]; then
			echo "$build/$own"
			return
		fi
		;;
	esac
	grep -rlF --include='.*.o.cmd' --exclude='.*.mod.o.cmd' --exclude='.module-common.o.cmd' \
		-e "  $tree/$1 \\" "$build" || true
}

# A file that was put back brings its old time of writing along, by which make would take its
# objects for newer.
forget_restored() {
	for file; do
		objects "$file" | while read -r cmd; do
			object=${cmd%/*}/$(basename "$cmd" .cmd | cut -c 2-)
			[ ! -e "$object" ] || [ ! -e "$tree/$file" ] ||
				[ -z "$(find "$tree/$file" -newercm "$object" ! -newermm "$object")" ] || rm -f "$object"
		done
	done
}

# module_of NAME: where the lab's module of this name is built
module_of() {
	awk -v name="$1" '$1 == name { print "module", $2 }' "$build/.stock.table"
}

# parts FILE: the module that each object is of, or "image"; each once
parts() {
	case ${1##*/} in
	Makefile | Kbuild | Kconfig*)
		echo lab
		return
		;;
	esac
	objects "$1" | xargs -r sed -s -n \
		"1{s|.* -DMODULE .*-DKBUILD_MODNAME='\"\([^\"]*\)\"'.*|module \1|p;t;s/.*/image/p}" |
		sort -u | while read -r part name; do
		if [ "$part" = image ]; then
			echo image
		else
			module_of "$name"
		fi
	done
}

# A change of what both see has to reach all modules, the lab's own as well.
judge() {
	found=$(parts "$1")
	case $1:$found in
	*:) refuse "$1" ;;
	*.[cS]:image) echo image ;;
	*image*) echo lab ;;
	*) echo "$found" ;;
	esac
}

# Kbuild makes single modules by a modules.order of its own, which it removes.
keep_order() {
	[ ! -e "$build/modules.order" ] || cp "$build/modules.order" "$build/.modules.order"
	trap 'cp "$build/.modules.order" "$build/modules.order"' EXIT
	trap 'exit 143' INT TERM HUP
}

# Not by its stamp alone, which knows nothing of a tree's files. It takes minutes.
build_whole() {
	echo "Linux: kernel and modules are built of$files: all of it is made" >&2
	rm -f "$build/.built"
	$whole >&2
}

# All are named, as one may use what another exports: those that stock-modules.sh found. Kbuild's
# own list has more where somebody had other modules made of this kernel.
build_modules() {
	keep_order
	# shellcheck disable=SC2046 # paths without blanks
	"$@" $(awk '{ print $2 ".ko" }' "$build/.stock.table") >&2
}

enter_lab() {
	name=$(basename "$1" | tr - _)
	strip --strip-debug -o "$lab/modules/.$name.ko" "$build/$1.ko"
	mv "$lab/modules/.$name.ko" "$lab/modules/$name.ko"
	ln -sfn "$build/$1.ko" "$lab/modules/$name.ko.debug"
	# 'make' brings it into both root file systems.
	touch "$build/.drivers"
	echo "module $name $(realpath "$lab")/modules/$name.ko"
}

wanted=
files=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	wanted="$wanted$(judge "$1")
"
	files="$files $1"
	shift
done
wanted=$(printf %s "$wanted" | sort -u)
if [ "$needs" ]; then
	echo "$wanted"
	exit
fi
shift

ours "$build/." "$lab/."
exec 9>"$build/.edit.lock"
flock 9
# shellcheck disable=SC2086 # paths without blanks
forget_restored $files
case $wanted in
*lab*)
	build_whole
	echo lab
	exit
	;;
*image*)
	"$@" bzImage >&2
	echo image
	;;
esac
case $wanted in
*module*)
	build_modules "$@"
	echo "$wanted" | sed -n 's/^module //p' | while read -r module; do enter_lab "$module"; done
	"$root/scripts/pack-drivers.sh" "$lab" "$lab/kc-init"
	;;
esac
