#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kc new: what it makes is devices/hello but for what was asked for, builds,
# passes its own tests and both checkpatches; and what is asked wrongly leaves
# nothing. In a project of this test's own, beside which devices lie, too.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../scratch.sh"

export KC_ROOT="$work/project"
scratch_project "$KC_ROOT"
devices=$KC_ROOT/devices
cd "$work" || exit

# One source of truth: hello, as it is in the project, but for name and id
try 20 "$kc" new hxllo --author ''
sed -i 's/hxllo/hello/g; s/HXLLO/HELLO/g; s/Hxllo/Hello/g' "$devices"/hxllo/*
id=$(sed -n 's/#define VIRTIO_ID_HELLO //p' "$devices/hxllo/abi.h")
sed -i "s/VIRTIO_ID_HELLO $id/VIRTIO_ID_HELLO 63/; s/0x$(printf %x $((0x1040 + id)))/0x107f/" "$devices/hxllo/abi.h"
for file in abi.h device.c driver.c test.c tests.ini Kbuild meson.build; do
	diff "$devices/hello/$file" "$devices/hxllo/$file"
done >"$err" 2>&1
[ "$status" = 0 ] && [ ! -s "$err" ]
result $? "with no options it is devices/hello, but for name and id"
rm -r "$devices/hxllo"

# wrong NAME WORDS ARGUMENT...: is refused with the words, and nothing is left
wrong() {
	name=$1
	words=$2
	shift 2
	before=$(find "$devices" "$work/mine" | sort)
	try 20 "$kc" new "$@"
	[ "$status" = 240 ] && grep -qF -- "$words" "$err" && [ "$before" = "$(find "$devices" "$work/mine" | sort)" ]
	result $? "refused: $name"
}

mkdir "$work/mine"
wrong "no name" "a name is needed"
wrong "a word of C's" "a word of C's" static
wrong "what the preprocessor replaces" "a word of C's" linux
wrong "QEMU's own" "QEMU has a virtio device" blk
wrong "a word of the kernel's" "uses this word itself" driver
wrong "an existing one" "is there already" hello
wrong "upper case, with the name that would do" "try 'myhash'" MyHash
wrong "a dash" "try 'my_hash'" my-hash
wrong "a blank" "try 'my_hash'" 'my hash'
wrong "too long" "16 in all at most" abcdefghijklmnopq
wrong "an empty name" "expected a lower-case letter" ''
wrong "a path" "expected a lower-case letter" ../../x
wrong "an --out without a name" "a folder's name is needed" x --out ''
wrong "an id of the specification's" "1 to 49 are the specification's" x --id 2
wrong "an id that PCI does not reach" "no id above 63" x --id 64
wrong "an id that another has" "devices/hello has it" x --id 63
wrong "an id that is none" "is not a virtio device id" x --id ten
wrong "an unknown option" "unknown option" x --colour red
wrong "an unknown class" "expected one of sysfs, char, block" x --class disk
wrong "an unknown transport" "expected one of both, pci, mmio" x --transport usb
wrong "an unknown type" "no such type: 'u128'" x --config big:u128
wrong "a field without a type" "expected NAME:TYPE" x --config big
wrong "a text without a length" "char[N] takes an N" x --config name:char[]
wrong "one name twice" "is there twice" x --queues a,a
wrong "one name for two things" "names two things" x --queues speed --config speed:u8
wrong "events alone" "at least one that carries requests" x --queues events
wrong "a kind of queue" "a queue's kind 'both'" x --queues a:both
wrong "two queues of a disk" "one queue of requests is expected" x --class block --queues a,b
wrong "a name that every device has" "has a property or file of this name" x --config status:u8
wrong "an author who ends the comment" "without '*/'" x --author 'a */ b'

try 20 "$kc" new Static
[ "$status" = 240 ] && ! grep -q 'try ' "$err"
result $? "what it proposes is a name that it takes"

chmod a-w "$work/mine"
if [ "$(id -u)" = 0 ]; then
	skip "a folder that cannot be written to" "root writes everywhere"
else
	try 20 "$kc" new --out "$work/mine" x
	refused "a folder that cannot be written to" 248 "Permission denied"
fi
chmod u+w "$work/mine"

try 20 "$kc" new --dry-run hash
[ "$status" = 0 ] && grep -q 'hash/driver.c, [0-9]* lines' "$out" && [ ! -e "$devices/hash" ]
result $? "--dry-run says what it would write, and writes nothing"

# answers TEXT...: one to each question on a terminal, and then its end
answers() {
	cat >"$work/ask.exp" <<END
set timeout 20
spawn "$kc" new --out "$work/asked" --config speed:u32
foreach answer [list $*] {
	expect {
		-re {: $} {}
		timeout { exit 3 }
		eof { break }
	}
	send -- \$answer
}
expect eof
exit [lindex [wait] 3]
END
	try 60 expect "$work/ask.exp"
}
answers '"asked\r"' '"requests,events\r"' '"\r"' '"fast\r"' '"char\r"' '"\r"'
[ "$status" = 0 ] && grep -q 'le32 speed;' asked/asked/abi.h && grep -q VQ_EVENTS asked/asked/abi.h &&
	grep -q 'F_FAST 0' asked/asked/abi.h && grep -q misc_register asked/asked/driver.c
result $? "without a name it asks on a terminal, and keeps what was said before"
answers '"other\r"' '"\004"'
[ "$status" = 240 ] && grep -q 'nothing was written' "$out" && [ "$(ls -A asked)" = asked ]
result $? "without an answer it writes nothing"

# All of it or nothing, whenever it is interrupted
for ms in 020 060 100 150 200 250 300 400 600; do
	timeout -s "$(echo INT TERM HUP | tr ' ' '\n' | sed -n "$((${ms%??} % 3 + 1))p")" 0.$ms \
		"$kc" new --out cut cut >/dev/null 2>&1
	left=$(find cut 2>/dev/null | wc -l)
	[ "$left" = 0 ] || [ "$left" = 1 ] || [ "$left" = 15 ] || break
	rm -rf cut
done
[ ! -e cut ]
result $? "interrupted, it leaves a whole device or none"

# Each class and kind of part, the longest names, and one kept elsewhere
made='plain many chars discs abcdefghijklmnop mmios'
"$kc" new mmios --id 50 --class char --transport mmio --out "$work/mine" >"$out" 2>"$err" &&
	"$kc" new plain >>"$out" 2>>"$err" &&
	"$kc" new many --queues requests,more,events,b_events --config speed:u32,label:char[12],wide:u64,flags:u8 --feature fast,quiet >>"$out" 2>>"$err" &&
	"$kc" new chars --class char --queues a,b,events --config x:u16 --feature one >>"$out" 2>>"$err" &&
	"$kc" new discs --class block --queues io,events --config t:char[8] >>"$out" 2>>"$err" &&
	"$kc" new abcdefghijklmnop --queues abcdefghijklmnoq,z,y_events --config abcdefghijklmnor:u16 --feature abcdefghijklmnos --transport pci >>"$out" 2>>"$err"
status=$?
export KC_DEVICES="$work/mine"
[ $status = 0 ] && [ "$(grep -c 'is there: virtio-' "$out")" = 6 ]
result $? "six devices of odd combinations"

linux=$(readlink -f "$root/build/src/linux")
qemu=$root/build/qemu/src
"$linux/scripts/checkpatch.pl" --strict --no-tree --no-summary --terse -f "$devices"/*/driver.c "$work"/mine/*/driver.c >"$out" 2>&1 &&
	"$qemu/scripts/checkpatch.pl" --no-tree --no-summary --terse --strict -f "$devices"/*/device.c "$work"/mine/*/device.c >>"$out" 2>&1
result $? "both checkpatches have nothing to say of them"
for name in $made; do
	file=$(echo "$devices/$name/test.c" "$work/mine/$name/test.c" | tr ' ' '\n' | xargs ls 2>/dev/null)
	clang-format --style=file:"$root/.clang-format" "$file" | diff - "$file" || break
done >"$out" 2>&1
[ ! -s "$out" ]
result $? "their tests are formatted as the project's are"

# folder NAME: where it was made
folder() {
	if [ -d "$devices/$1" ]; then echo "$devices/$1"; else echo "$work/mine/$1"; fi
}

# compile_device DIR: as QEMU compiles devices/hello, whose command names it
compile_device() {
	obj=$root/build/qemu/obj
	command=$(ninja -C "$obj" -t commands libqemu-x86_64-softmmu.a.p/hw_virtio_kernelcraft_hello_device.c.o |
		tail -n 1 | sed "s,[^ ]*kernelcraft/hello/device.c,$1/device.c,; s,-o [^ ]*,-o $work/device.o,; s,-MF [^ ]*,,; s, -MD,,; s,-MQ [^ ]*,,")
	(cd "$obj" && sh -c "$command")
}

# Each half and the test, with the flags of the world that it is for
for name in $made; do
	dir=$(folder "$name")
	{ compile_device "$dir" && make -C "$root/build/linux" M="$dir" modules &&
		musl-gcc -isystem "$root/build/linux/usr/include" -I "$root/guest/test" -static \
			-Wall -Wextra -Werror "$dir/test.c" -o "$work/test"; } >"$out" 2>"$err" &&
		! grep -q warning: "$out" "$err"
	result $? "$name compiles in both worlds, and its test"
	make -C "$root/build/linux" M="$dir" clean >/dev/null 2>&1
done

# In a place of its own QEMU is configured and compiled whole, for minutes: its
# build knows its folders by name.
if [ "${SOAK:-}" ]; then
	# Wherever this lies, ccache knows its objects again.
	export CCACHE_BASEDIR="$work" CCACHE_NOHASHDIR=1
	rm -rf "$KC_ROOT/build/qemu/obj"
	try 1800 make -C "$KC_ROOT" all
	result "$status" "make builds all of them"
	for half in driver device test; do
		try 120 clangd --compile-commands-dir="$KC_ROOT" --check-lines=1-1 --check="$work/mine/mmios/$half.c"
		[ "$status" = 0 ] && grep -q 'Compile command from CDB' "$err"
		result $? "clangd knows $half.c of a device outside the project"
	done
fi
for name in $made; do
	[ "${SOAK:-}" ] || { skip "$name passes its tests" "make soak builds a QEMU with it" && continue; }
	try 1200 "$kc" watch --once --all "$name"
	[ "$status" = 0 ] && grep -qE "$name/(split|mmio): passed" "$out"
	result $? "$name passes its tests"
done

try 60 "$kc" remove plain
refused "kc remove spares what is in no commit" 240 "not committed"
try 60 "$kc" remove --force plain
[ "$status" = 0 ] && [ ! -e "$devices/plain" ]
result $? "kc remove --force does not"
try 60 "$kc" remove mmios
refused "and takes nothing from outside the project" 240 "kept outside the project"
try 60 "$kc" remove nothing
refused "nor what is not there" 240 "no such device: 'nothing'"

done_testing
