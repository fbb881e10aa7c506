#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs a command that must be the only one at work in a folder. What the command
# leaves running when it is killed still counts.
#
# usage: alone.sh DIR COMMAND [ARG...]

set -eu
dir=$1
shift
mkdir -p "$dir"
exec 9>>"$dir/.lock"
flock -n 9 || {
	echo "kernelcraft: another make is at work in $dir; try again when it is done." >&2
	exit 1
}
exec "$@"
