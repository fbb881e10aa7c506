#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Removes what was built: all of build/ but the sources, with --all those, too;
# or folders in it.
#
# usage: clean.sh [--all | PATH...]

set -eu
. "$(dirname -- "$0")/common.sh"

# Buildroot's archives are sources as well. apt's lists are not: they name this
# place, and grow old.
clean_but_sources() {
	[ -d "$root/build" ] || return 0
	find "$root/build" -mindepth 1 -maxdepth 1 ! -name src ! -name buildroot -exec rm -rf -- {} +
	for rest in "$root"/build/buildroot/*; do
		[ "${rest##*/}" = dl ] || remove "$rest"
	done
	[ -L "$root/build/src" ] || remove "$root"/build/src/apt "$root"/build/src/*.tmp
	find "$root/build" -depth -maxdepth 2 -type d -empty -delete
}

case ${1-} in
'' | --all)
	rm -f -- "$root/compile_commands.json"
	if [ -L "$root/build" ]; then
		echo "build was a link to $(readlink "$root/build"); what is there is yours to remove."
		rm -- "$root/build"
	elif [ "${1-}" ]; then
		rm -rf -- "$root/build"
	else
		clean_but_sources
	fi
	;;
*) remove "$@" ;;
esac
