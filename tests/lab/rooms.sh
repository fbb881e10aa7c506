#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What make check asks of the order of rooms and of circles, on a tree of two
# rooms in which each wrong way is planted.
. "$(dirname "$0")/../lib.sh"

tree=$work/tree
objects=$work/objects

# put FILE LINE...
put() {
	file=$tree/$1
	shift
	mkdir -p "$(dirname "$file")"
	printf '%s\n' "$@" >"$file"
}

# fresh: two rooms as they should be
fresh() {
	rm -rf "$tree" "$objects"
	put low/one.h 'int one(void);'
	put low/one.c '#include "low/one.h"' 'int one(void)' '{' 'return 1;' '}'
	put low/two.h 'int two(void);'
	put low/two.c '#include "low/two.h"' '#include "low/one.h"' 'int two(void)' '{' \
		'return one() + 1;' '}'
	put high/three.h 'extern int three;'
	put high/three.c '#include "high/three.h"' '#include "low/two.h"' 'int three;' \
		'int main(void)' '{' 'return two() + three;' '}'
}

compile() {
	for source in "$tree"/*/*.c; do
		object=$objects${source#"$tree"}
		mkdir -p "$(dirname "$object")"
		gcc -I"$tree" -c "$source" -o "${object%.c}.o"
	done
}

check_rooms() {
	compile
	try 20 "$root/scripts/check-rooms.sh" "$tree" "$objects" low high
}

# told NAME WORDS: the last check failed with one line that has the words.
told() {
	[ "$status" = 1 ] && [ "$(grep -vc '^    ' "$out")" = 1 ] && grep -qF "$2" "$out"
	result $? "$1"
}

fresh
check_rooms
[ "$status" = 0 ] && [ ! -s "$out" ]
result $? 'rooms in order and files without circles pass'

put low/one.c '#include "low/one.h"' '#include "high/three.h"' 'int one(void)' '{' 'return 1;' '}'
check_rooms
told 'an include of a later room is named with its line' \
	"$tree/low/one.c:2 includes high/three.h, which is of a later room (low comes before high)"

fresh
put low/one.c 'int one(void)' '{' 'extern int three;' 'return three;' '}'
check_rooms
told 'so is a symbol of a later room, whatever is included' \
	"$objects/low/one.o uses three of high/three.o, which is of a later room"

fresh
put low/one.c 'int two(void);' 'int one(void)' '{' 'return two();' '}'
check_rooms
told 'a circle of calls is named with its files' 'a circle of files:'
grep -q '^    .*low/one.o uses two of low/two.o' "$out" && grep -q '^    .*low/two.o uses one of' "$out"
result $? 'and with what each uses of the other'

fresh
put low/one.h '#include "low/two.h"' 'int one(void);'
check_rooms
told 'a header closes a circle, too' 'a circle of files:'

# What files share includes their headers, and they include it.
fresh
put low/internal.h '#include "low/one.h"' '#include "low/two.h"'
put low/one.c '#include "low/internal.h"' 'int one(void)' '{' 'return 1;' '}'
check_rooms
[ "$status" = 0 ] && [ ! -s "$out" ]
result $? 'the header that the files of a room share is no circle'
put high/three.c '#include "low/internal.h"' 'int three;' 'int main(void)' '{' 'return two();' '}'
check_rooms
told 'and no other room includes it' \
	"$tree/high/three.c:1 includes low/internal.h, which is for the files of low alone"

fresh
put low/gone.c 'extern int three;' 'int gone(void)' '{' 'return three;' '}'
compile
rm "$tree/low/gone.c"
check_rooms
[ "$status" = 0 ]
result $? 'the object of a source that is gone does not count'

put stray.c 'int one(void);' 'int stray(void)' '{' 'return one();' '}'
mkdir -p "$objects"
gcc -c "$tree/stray.c" -o "$objects/stray.o"
check_rooms
told 'a file outside all rooms is named' 'no room: stray'

# Devices are read as text: a header is a file, and halves may share a name.
fresh
put pair/device.h 'int serve(void);' 'int realize(void);'
put pair/device.c '#include "device.h"' 'int realize(void)' '{' 'return serve();' '}'
put pair/device-queue.c '#include "device.h"' '/* realize */' 'int serve(void)' '{' 'return 0;' '}'
put pair/driver.c 'static int probe(void)' '{' 'return 0;' '}' 'int realize(void)' '{' 'return 1;' '}'
put pair/driver-file.c 'int serve(void)' '{' 'return realize();' '}'
try 20 "$root/scripts/check-rooms.sh" "$tree"
[ "$status" = 0 ] && [ ! -s "$out" ]
result $? 'the halves of a device that use one header pass'

put pair/device-queue.c '#include "device.h"' 'int serve(void)' '{' 'return realize();' '}'
try 20 "$root/scripts/check-rooms.sh" "$tree"
told 'a circle within one of them is named' 'a circle of files:'

try 20 "$root/scripts/check-rooms.sh" "$work/none"
[ "$status" != 0 ] && grep -q 'nothing to read' "$out"
result $? 'nothing to read is no success'
done_testing
