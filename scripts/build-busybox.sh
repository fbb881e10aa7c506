#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# BusyBox with what CONFIG names on top of nothing. Its allnoconfig writes each
# symbol, seen or not, so replacing lines there leaves nothing to a default.
#
# usage: build-busybox.sh TREE BUILD CONFIG CC JOBS

set -eu
. "$(dirname -- "$0")/common.sh"
tree=$1
build=$2
config=$3
cc=$4
jobs=$5

mkdir -p "$build"
make -s -C "$tree" O="$build" allnoconfig </dev/null >/dev/null
sed -nE 's/^(# )?(CONFIG_[A-Z0-9_]+)[ =].*/\2/p' "$config" |
	sed 's/.*/\/^&=\/d; \/^# & is not set\/d/' >"$build/replaced.sed"
sed -i -f "$build/replaced.sed" "$build/.config"
grep -E '^(# )?CONFIG_' "$config" >>"$build/.config"
# Questions left are for symbols that the lines above made visible; their
# defaults will do. Bounded: a wrong answer is asked for again for ever.
yes '' | head -n 2000 | make -s -C "$build" oldconfig >/dev/null
grep -E '^CONFIG_' "$config" | grep -vxFf "$build/.config" >"$build/lost" || true
if [ -s "$build/lost" ]; then
	echo "BusyBox does not take these lines of $config:" >&2
	cat "$build/lost" >&2
	exit 1
fi
make -s -C "$build" -j"$jobs" CC="$cc" HOSTCC=gcc busybox
