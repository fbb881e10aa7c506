#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The first thing that make runs: can the lab be built here, with what make was
# given? Prints "ok TMPDIR", or one sentence that says why not.
#
# usage: guard.sh GOALS [NAME=VALUE...]

set -eu
. "$(dirname -- "$0")/common.sh"
goals=$1
shift

refuse() {
	printf '%s\n' "$*"
	exit
}

# first_odd TEXT: its first character that make, Kbuild, meson or QEMU would
# take for something else, in words; nothing if there is none.
first_odd() {
	case $1 in
	*[!A-Za-z0-9/._+@~-]*) ;;
	*) return 0 ;;
	esac
	odd=$(printf %s "$1" | tr '\n\t' '\001\002' | LC_ALL=C tr -d 'A-Za-z0-9/._+@~\200-\377-' | cut -c 1)
	case $odd in
	'') ;;
	' ') echo "a blank" ;;
	"$(printf '\001')") echo "a line break" ;;
	"$(printf '\002')") echo "a tab" ;;
	*) echo "'$odd'" ;;
	esac
}

plain='letters, digits and . _ + @ ~ - are what make, Kbuild and QEMU can take'

# check_path PATH WHAT REMEDY
check_path() {
	odd=$(first_odd "$1")
	[ -z "$odd" ] || refuse "$2 '$1' has $odd in its path; $plain: $3"
}

check_arguments() {
	for argument in "$@"; do
		name=${argument%%=*}
		value=${argument#*=}
		case $name=$value in
		JOBS=*[!0-9]* | JOBS= | JOBS=0*)
			refuse "JOBS=$value is not a number of jobs"
			;;
		MODULES_HELLO=[ym] | DEBIAN_MIRROR=* | SOURCES=debian | SOURCES=upstream) continue ;;
		SOURCES=*) refuse "SOURCES is debian or upstream, not '$value'" ;;
		PATCHES=no | PATCHES=yes) continue ;;
		PATCHES=*) refuse "PATCHES is yes or no, not '$value'" ;;
		MODULES_HELLO=*) refuse "MODULES_HELLO is y or m, not '$value'" ;;
		esac
		odd=$(first_odd "$value")
		[ -z "$odd" ] || refuse "$name='$value' has $odd in it; $plain"
		case $name in
		*_SRC) check_path "$(readlink -f "$value")" "$name is" "move it" ;;
		esac
	done
}

# Links and configurations in build/ name the place that they were made in, and
# would lead a copy to the other's objects.
check_build() {
	build=$root/build
	if [ -e "$build/.clone" ]; then
		made=$(cat "$build/.clone")
		[ "$made" = "$root" ] || [ "$(stat -c %d:%i "$made" 2>&1)" = "$(stat -c %d:%i "$root")" ] ||
			refuse "build/ was made in '$made' and names that place throughout, but this is" \
				"'$root': 'make clean' here and build anew, or put it back there"
	elif [ -L "$build" ]; then
		[ -d "$build/" ] || refuse "build is a link to '$(readlink "$build")', where no folder is"
		[ -z "$(ls -A "$build/")" ] ||
			refuse "build is a link to '$(readlink -f "$build")', which holds what was not made here:" \
				"let it lead to an empty folder"
	fi
	[ ! -e "$build" ] || check_path "$(readlink -f "$build")" "build/ is" "move it"
}

# Compilers and tests write, run and connect to what is there.
usable() {
	[ -d "$1" ] && [ ${#1} -le 40 ] &&
		[ "$(df -Pk "$1" | awk 'NR == 2 { print ($4 >= 65536) }')" = 1 ] &&
		probe=$(mktemp "$1/kernelcraft-XXXXXX" 2>/dev/null) || return 1
	{ echo '#!/bin/sh' >"$probe" && chmod +x "$probe" && "$probe"; } 2>/dev/null
	set -- $?
	rm -f -- "$probe"
	return "$1"
}

temporary_folder() {
	wished=${TMPDIR:-/tmp}
	for folder in "$wished" /tmp /var/tmp; do
		usable "$folder" || continue
		[ "$folder" = "$wished" ] ||
			echo "kernelcraft: no use of TMPDIR='$wished' (missing, full, read-only, noexec" \
				"or long): $folder it is" >&2
		echo "$folder"
		return
	done
}

check_path "$root" "this clone is" "move it"
check_arguments "$@"
case " $goals " in
*[!\ ]*) for goal in $goals; do
	case $goal in clean | distclean | help) ;; *) check_build ;; esac
done ;;
*) check_build ;;
esac
folder=$(temporary_folder)
[ "$folder" ] || refuse "neither TMPDIR nor /tmp is a folder that can be written to and has 64 MB free"
echo "ok $folder"
