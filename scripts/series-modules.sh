#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds our modules for a kernel that others built, from its headers: each folder by itself, as
# one that does not build says nothing of the others.
#
# usage: series-modules.sh HEADERS OUT
#	OUT/modules gets what builds; OUT/failed/MODULE what was said where it does not.

set -eu
. "$(dirname -- "$0")/common.sh"
headers=$1
out=$2
cd "$root"

# What its own compiler and pahole can do, and ours cannot; no guest asks our modules for BTF.
lacking() {
	echo CONFIG_DEBUG_INFO_BTF_MODULES=
	: | gcc -fmin-function-alignment=16 -x c -c -o /dev/null - 2>/dev/null ||
		echo CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT=
}

modules_of() {
	sed -n 's/^obj-m *[+:]*= *//p' "$1/Kbuild" | tr ' ' '\n' | sed -n 's/\.o$//p'
}

build() {
	log=$out/log-$(echo "$1" | tr / -)
	# shellcheck disable=SC2046 # words without blanks
	scripts/build-modules.sh "$out/mirror" "$out" --alone "$1" \
		env MAKEFLAGS= MFLAGS= make -C "$headers" CC=gcc $(lacking) >"$log" 2>&1 && return
	# This says nothing of the module.
	! grep 'No space left on device' "$log" || exit 1
	for module in $(modules_of "$1"); do
		cp "$log" "$out/failed/$module"
	done
}

[ -e "$headers/Makefile" ] || die "$headers has no Makefile: it is not a kernel's headers"
# What did not build before may do so by now.
remove "$out/failed"
mkdir -p "$out/modules" "$out/failed"
for kbuild in devices/*/Kbuild build/outside/*/Kbuild modules/*/Kbuild guest/*/Kbuild; do
	[ ! -e "$kbuild" ] || build "${kbuild%/Kbuild}"
done
remove "$out/mirror"
