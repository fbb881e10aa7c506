#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Holds sources to their order: no file includes or calls one of a later room,
# and no files use each other in a circle. Who calls whom is read from the
# objects, and a file is its .c and its .h together; or, without objects, from
# the names of the functions in the text, and a header is a file of its own.
# What the files of a room share is in its internal.h, which no other includes:
# who uses whom through it, calls tell.
#
# usage: check-rooms.sh SOURCES [OBJECTS [ROOM...]]
#
# Rooms are folders of SOURCES in their order; a file belongs to the longest
# that its path begins with. Without any, only circles are looked for.

set -u
sources=$1
objects=${2:-}
rooms=
if [ $# -gt 2 ]; then
	shift 2
	rooms=$*
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Each prints lines of: who uses, who is used, and the place in words.
includes() {
	(cd "$sources" && find . -name '*.[ch]' | sed 's|^\./||' | sort) >"$work/files"
	(cd "$sources" && xargs grep -Hn '^#include "' <"$work/files") | awk -v top="$sources" \
		-v pairs="$objects" '
		function node(path) {
			if (pairs)
				sub(/\.[ch]$/, "", path)
			return path
		}
		FILENAME != "-" { known[$0]; next }
		{
			split($0, at, ":")
			split($0, quoted, "\"")
			beside = at[1]
			sub(/[^\/]*$/, quoted[2], beside)
			to = beside in known ? beside : quoted[2]
			if (to in known)
				print node(at[1]), node(to), top "/" at[1] ":" at[2] " includes " to
		}' "$work/files" -
}

calls_of_objects() {
	# What is left of a source that is gone is not meant.
	find "$objects" -name '*.o' -exec nm -A -g {} + | awk -v top="$objects/" '
		FILENAME != "-" { known[$0]; next }
		{
			file = substr($1, length(top) + 1)
			sub(/\.o:.*/, "", file)
			if (!((file ".c") in known))
				next
			if ($(NF - 1) == "U")
				uses[file " " $NF]
			else
				owner[$NF] = file
		}
		END {
			for (use in uses) {
				split(use, part, " ")
				if (part[2] in owner)
					print part[1], owner[part[2]], top part[1] ".o uses " part[2] " of " owner[part[2]] ".o"
			}
		}' "$work/files" -
}

# The halves of a device are programs of their own: one may name a function
# like another does.
calls_of_text() {
	# shellcheck disable=SC2016 # awk's own
	(cd "$sources" && xargs awk -v top="$sources" '
		FNR == 1 {
			half = FILENAME
			sub(/[-.][^\/]*$/, "", half)
		}
		{ gsub(/"([^"\\]|\\.)*"/, ""); sub(/^ \*.*|\/[*\/].*/, "") }
		FILENAME !~ /\.c$/ || /^(static|extern|typedef|(struct|enum|union) [a-z_0-9]*;)/ { next }
		/^[a-z].*\([^;]*$/ || /^[a-z][^(]*( = .*|;)$/ {
			name = $0
			sub(/( = |[[(;]).*/, "", name)
			sub(/.*[ *]/, "", name)
			owner[half " " name] = FILENAME
			next
		}
		{
			while (match($0, /[A-Za-z_][A-Za-z_0-9]*/)) {
				use[half " " substr($0, RSTART, RLENGTH) " " FILENAME] = FNR
				$0 = substr($0, RSTART + RLENGTH)
			}
		}
		END {
			for (key in use) {
				split(key, part, " ")
				to = owner[part[1] " " part[2]]
				if (to == "" || to == part[3])
					continue
				print part[3], to, top "/" part[3] ":" use[key] " uses " part[2] " of " to
			}
		}') <"$work/files"
}

includes >"$work/uses"
if [ -n "$objects" ]; then calls_of_objects; else calls_of_text; fi >>"$work/uses"
[ -s "$work/uses" ] || { echo "check-rooms: nothing to read in $sources $objects"; exit 1; }

[ -z "$rooms" ] || awk -v list="$rooms" '
	BEGIN { count = split(list, room, " ") }
	function rank(path, i, best) {
		for (i = 1; i <= count; i++)
			if (index(path "/", room[i] "/") == 1 && length(room[i]) > length(room[best]))
				best = i
		return best
	}
	{
		from = rank($1)
		to = rank($2)
		if (!from || !to)
			print "no room: " (from ? $2 : $1)
		else if ($2 ~ /\/internal$/ && from != to)
			print substr($0, length($1 $2) + 3) ", which is for the files of " room[to] " alone"
		else if (to > from)
			print substr($0, length($1 $2) + 3) ", which is of a later room (" room[from] " comes before " room[to] ")"
	}' "$work/uses" | sort -u >"$work/faults"

# Rooms in order have no circle between them. tsort names the members of each
# loop on lines of their own.
[ -s "$work/faults" ] || awk '$2 !~ /\/internal$/ { print $1, $2 }' "$work/uses" | tsort 2>&1 >"$work/order" | awk '
	FILENAME != "-" { place[$1 " " $2] = substr($0, length($1 $2) + 3); next }
	{ sub(/^tsort: /, "") }
	/ contains a loop:$/ { loop++; next }
	{ member[loop, ++size[loop]] = $0 }
	END {
		for (i = 1; i <= loop; i++) {
			names = ""
			for (j = 1; j <= size[i]; j++)
				names = names " " member[i, j]
			if (told[names]++)
				continue
			print "a circle of files:" names
			for (j = 1; j <= size[i]; j++)
				for (k = 1; k <= size[i]; k++)
					if (j != k && (member[i, j] " " member[i, k]) in place)
						print "    " place[member[i, j] " " member[i, k]]
		}
	}' "$work/uses" - >>"$work/faults"

cat "$work/faults"
[ ! -s "$work/faults" ]
