#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Prints "ccache" where it is and can write to its cache: one that cannot fails
# each compile. A file that it has not seen shows it.

set -eu
. "$(dirname -- "$0")/common.sh"
command -v ccache >/dev/null || exit 0
mkdir -p "$root/build"
probe=$(mktemp -d "$root/build/ccache-XXXXXX")
trap 'remove "$probe"' EXIT
echo "int probe_$(date +%s%N);" >"$probe/probe.c"
if ccache gcc -c "$probe/probe.c" -o "$probe/probe.o" 2>"$probe/said"; then
	echo ccache
else
	echo "kernelcraft: building without ccache, which fails: $(tail -n 1 "$probe/said")" >&2
fi
