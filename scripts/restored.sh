#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Names the files of DIR that were put back since the last call: a backup that
# is moved over a file brings its old time of writing along, by which make and
# ninja would take what they built for newer.
#
# usage: restored.sh STAMP DIR

set -eu
. "$(dirname -- "$0")/common.sh"
stamp=$1
dir=$2
touch "$stamp.new"
[ ! -e "$stamp" ] || find -L "$dir" -maxdepth 1 -type f -newercm "$stamp" ! -newermm "$stamp" \
	-printf '%f\n'
mv "$stamp.new" "$stamp"
