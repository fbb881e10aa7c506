#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kc debug: gdb stops in the driver and in the device, where one can look at
# what they were called with; and it leaves nothing behind.
# shellcheck disable=SC2016 # what the guest is to expand
. "$(dirname "$0")/../lib.sh"

export TMPDIR="$work/tmp"
mkdir "$TMPDIR"

# The processes of this file's, by the mark of qemus() in lib.sh.
gdbs() {
	grep -ls "KC_TEST_FILE=$$" /proc/[0-9]*/environ | while read -r environ; do
		case $(readlink "${environ%environ}exe") in
		*/gdb) echo "$environ" ;;
		esac
	done
}

nothing_left() {
	[ -z "$(qemus)$(gdbs)$(ls "$TMPDIR")" ]
}

says() {
	grep -q "$1" "$out"
}

if ! command -v gdb >/dev/null; then
	skip "kc debug" "no gdb"
	done_testing
	exit
fi

debug() {
	try 240 "$kc" debug "$@"
}

echo='cd /sys/bus/virtio/drivers/hello_virtio/virtio*; echo hello >message; cat message'

# A break in the driver, and one in the device, which sees that driver's request.
cat >"$work/driver.gdb" <<'END'
continue
print vdev->id.device
print *vdev
continue
print count
END
cat >"$work/device.gdb" <<'END'
continue
print vdev->device_id
print vq->vring.num
print *vdev
backtrace
END
for transport in pci mmio; do
	debug both --batch --transport $transport --module hello_virtio \
		--break driver:hello_probe --break driver:message_store \
		--break device:hello_handle_output \
		--script "driver:$work/driver.gdb" --script "device:$work/device.gdb" \
		-- sh -c "$echo"
	[ $status = 0 ] && grep -q '^HELLO$' "$out"
	result $? "$transport: the command is what it is without gdb"
	says '^driver: .*Breakpoint 1.*hello_probe (vdev=0xffff'
	result $? "$transport: stopped in the driver's probe"
	says '^driver: $1 = 63' && says '^driver: $2 = .*features = ' &&
		says '^driver: $3 = 6'
	result $? "$transport: the driver's arguments can be read"
	says '^device: .*Breakpoint 1.*hello_handle_output (vdev=0x.*vq=0x'
	result $? "$transport: stopped in the device's queue handler"
	says '^device: $1 = 63' && says '^device: $2 = [1-9]' && says '^device: $3 = .*queue_sel = ' &&
		says '^device: #[0-9]* .* in virtio_'
	result $? "$transport: the device's arguments can be read"
done

debug driver --batch --smp 2 --module hello_virtio --break hello_probe \
	--break 'driver.c:hello_start' -- true
[ $status = 0 ] && says 'stopped in hello_probe' && says '#1 .* in virtio_dev_probe' &&
	says 'stopped in hello_start' && says 'config_core_enabled = false'
result $? "without a script each break is shown once, with what its arguments point at"

# That kernel has types only where kc and gdb look them up, and modules have theirs.
if [ -e "$root/build/lab/debug/vmlinux" ]; then
	debug driver --batch --debug-kernel --boot-timeout 200 --module hello_virtio --break hello_probe -- true
	[ $status = 0 ] && says 'stopped in hello_probe' && says '#1 .* in virtio_dev_probe' && says 'config_core_enabled = '
	result $? "on the debug kernel a driver's arguments are shown as well"
else
	skip "kc debug on the debug kernel" "the debug kernel is not built"
fi

# Where a module was is another's afterwards; tests leave theirs inserted.
debug driver --batch --module hello_virtio --break hello_remove --break 'hello_probe if vdev->index' \
	-- sh -c 'rmmod hello_virtio; insmod /tmp/hello_virtio.ko'
[ $status = 0 ] && [ "$(grep -c 'kc: module hello_virtio at' "$out")" = 2 ]
result $? "a module that is inserted again has its symbols again"

# The lab's first module: all of its code runs once, and its place is given to others.
cat >"$work/init.gdb" <<'END'
continue
print whom
continue
info breakpoints
continue
END
debug driver --batch --module "hello whom='a  b'" --script "$work/init.gdb" \
	--break hello_init --break hello_exit \
	-- sh -c 'sleep 1; rmmod hello; insmod /tmp/hello.ko whom=c; rmmod hello'
[ $status = 0 ] && says 'Breakpoint 1, hello_init () at .*hello.c:' &&
	says '$1 = 0x.* "a  b"' && says 'Breakpoint 2, hello_exit () at .*hello.c:'
result $? "a break in what a module runs once, with its line"
[ "$(grep -c 'Breakpoint 1, hello_init' "$out")" = 2 ]
result $? "and again when it is inserted again"

# Whatever a path holds, and whatever a file is called.
mods="$work/a:b  'c\\\"d"
mkdir "$mods"
cp "$root/build/lab/modules/hello.ko.debug" "$mods/other name.ko"
xz -k "$mods/other name.ko"
ln -s "$root/build/lab/vmlinux.debug" "$mods/vmlinux"
for file in "other name.ko" "other name.ko.xz"; do
	debug driver --batch --module "$mods/$file" --symbols "$mods/vmlinux" \
		--break 'hello_init if 1 || ";"' -- true
	[ $status = 0 ] && says 'stopped in hello_init' && says 'hello_init () at .*hello.c:'
	result $? "a module in a file of another name: $file"
done

debug device --batch --no-device --break hello_handle_output -- true
refused "a break that is never reached is a failure" 250 "gdb on the device failed"
says 'never reached: hello_handle_output'
result $? "and is named"
debug device --batch --break no_such_function -- true
refused "an unknown function of the device's" 250 "failed"
says 'no_such_function'
result $? "and is named"
echo 'print no_such_symbol' >"$work/wrong.gdb"
debug driver --batch --script "$work/wrong.gdb" -- sleep 100
refused "a script that fails ends it all" 250 "gdb on the driver failed"
debug driver --batch --symbols /bin/true -- true
refused "symbols that are none" 250 "failed"
says 'no debug information'
result $? "are told as such"
debug driver --batch --timeout 5 -- sleep 100
refused "the time limit" 246 "time limit"
debug driver --batch --module hello_virtio --break hello_probe -- sh -c 'exit 7'
[ $status = 7 ]
result $? "the command's status"
debug both --batch --break hello_probe -- true
refused "with both a break says whose it is" 240 "driver:hello_probe"
debug --batch device -- true
refused "the side comes first" 240 "in front of"
debug driver -- true
refused "without a terminal and --batch" 240 "needs a terminal"
mkdir "$work/none"
for tool in env sh timeout; do ln -s "$(command -v $tool)" "$work/none/"; done
PATH=$work/none try 20 "$kc" debug driver --batch -- true
refused "without gdb" 241 "apt install gdb"

expect "nothing is left behind" nothing_left

# At a break and with both gdbs there: an interrupt, and the end without warning.
cat >"$work/wait.gdb" <<'END'
continue
shell sleep 100
END
for signal in INT TERM KILL; do
	: >"$out"
	"$kc" debug both --batch --module hello_virtio --break driver:hello_probe \
		--script "driver:$work/wait.gdb" -- true >"$out" 2>"$err" </dev/null &
	pid=$!
	await 120 says 'hello_probe (vdev' && [ -n "$(qemus)" ] && [ -n "$(gdbs)" ]
	seen=$?
	kill -$signal $pid
	wait $pid 2>/dev/null
	[ $seen = 0 ] && await 20 nothing_left
	result $? "nothing is left behind after SIG$signal"
done

# On a terminal, as somebody would type.
cat >"$work/type.exp" <<END
set timeout 200
set env(TERM) dumb
spawn "$kc" debug driver --module hello_virtio --break hello_probe -- sh -c "$echo"
expect "hello_probe (vdev=0x" {} timeout { exit 2 }
expect "(gdb) " { send "print vdev->id.device\r" }
expect "\\\$1 = 63" {} timeout { exit 3 }
expect "(gdb) " { send "continue\r" }
expect "ended with status 0" {} timeout { exit 4 }
send "\x03"
expect "SIGINT" {} timeout { exit 5 }
expect "(gdb) " { send "quit\r" }
expect eof
set result [wait]
exit [lindex \$result 3]
END
try 240 expect -f "$work/type.exp"
[ $status = 0 ]
result $? "on a terminal: a break, a look, Ctrl-C, leaving"
expect "and nothing is left behind" await 10 nothing_left

# With both the device's gdb is what a user pastes into another terminal.
cat >"$work/both.exp" <<END
set timeout 200
set env(TERM) dumb
spawn "$kc" debug both --module hello_virtio --break driver:hello_probe \
	--break device:hello_handle_output -- sh -c "$echo"
set front \$spawn_id
expect -re {(env KC_DEBUG=[^\r\n]*)} { set command \$expect_out(1,string) } timeout { exit 2 }
spawn sh -c \$command
set back \$spawn_id
expect -i \$front "hello_probe (vdev=0x" {} timeout { exit 3 }
expect -i \$front "(gdb) " { send -i \$front "continue\r" }
expect -i \$back "hit Breakpoint 1, hello_handle_output (" {} timeout { exit 4 }
expect -i \$back "(gdb) " { send -i \$back "delete\rcontinue\r" }
expect -i \$front "ended with status 0" {} timeout { exit 5 }
send -i \$front "\x03"
expect -i \$front "SIGINT" {} timeout { exit 6 }
expect -i \$front "(gdb) " { send -i \$front "quit\r" }
expect -i \$front eof
set result [wait -i \$front]
exit [lindex \$result 3]
END
try 240 expect -f "$work/both.exp"
[ $status = 0 ]
result $? "on two terminals: one gdb on each half"

done_testing
