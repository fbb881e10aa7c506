#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What stops a machine is told, within seconds, by every command: a drive of the
# host's that is full or fails, a watchdog, a panic, somebody at a monitor.
# shellcheck disable=SC2016,SC2086 # what the guest is to expand; commands of several words
. "$(dirname "$0")/../lib.sh"

cd "$root" || exit 1
truncate -s 8M "$work/d.raw"
write='dd if=/dev/zero of=/dev/vda bs=64k count=1 conv=fsync'
read='dd if=/dev/vda of=/dev/null bs=64k count=1 iflag=direct'

# inject NAME EVENT ERRNO [MORE]: a configuration of QEMU's blkdebug.
inject() {
	printf '[inject-error]\nevent = "%s"\nerrno = "%s"\n%s\n' "$2" "$3" "${4-}" >"$work/$1"
}
inject full write_aio 28
inject bad-write write_aio 5
inject bad-read read_aio 5
inject once write_aio 28 'once = "on"'

# drive CONFIGURATION POLICY: QEMU's words for a drive that does so.
drive() {
	echo "-drive if=none,id=d,file=blkdebug:$work/$1:$work/d.raw,format=raw,$2"
}
full=$(drive full werror=stop)
device=virtio-blk-pci,drive=d

# told NAME WORDS: within seconds, with the status that is for it.
told() {
	[ $((ended - began)) -lt 30 ]
	result $? "$1: within seconds"
	refused "$1: 252, and why" 252 "$2"
}
timed() {
	began=$(date +%s)
	try 120 "$@"
	ended=$(date +%s)
}

try 120 "$kc" run -- true
timed "$kc" run --qemu-args "$full" --device $device -- $write
told "a full drive" "QEMU stopped the machine: no space for drive d ("
grep -q "$work/d.raw" "$err"
result $? "its file is named"

timed "$kc" run --qemu-args "$(drive bad-write werror=stop)" --device $device -- $write
told "a write that fails" "a write of drive d"
grep -q 'failed: Input/output error' "$err"
result $? "and how it failed"

timed "$kc" run --qemu-args "$(drive bad-read rerror=stop)" --device $device -- $read
told "a read that fails" "a read of drive d"

# Where the guest is told of the error nothing stops.
try 120 "$kc" run --qemu-args "$(drive bad-write werror=report)" --device $device -- $write
[ $status = 1 ] && ! grep -q 'stopped the machine' "$err"
result $? "an error that the guest is told of stops nothing"

timed "$kc" trace --qemu-args "$full" --device $device -- $write
told "kc trace" "no space for drive d"

echo "$write" >"$work/typed"
began=$(date +%s)
timeout -k 5 120 "$kc" boot --qemu-args "$full" --device $device <"$work/typed" >"$out" 2>"$err"
status=$?
ended=$(date +%s)
told "kc boot" "no space for drive d"

timed "$kc" debug driver --batch --break panic --qemu-args "$full" --device $device -- $write
told "kc debug" "no space for drive d"

mkdir "$work/tests"
cat >"$work/tests/tests.ini" <<END_INI
[fills]
command = $write
device = $device
kernel = normal
qemu-args = $full
timeout = 100
END_INI
timed "$kc" test "$work/tests"
[ $status = 252 ] && grep -q 'stopped: QEMU stopped the machine: no space for drive d' "$out"
result $? "kc test's verdict"
! grep -q -e '--timeout gives' -e 'kc doctor' "$out"
result $? "its advice is not more time"

# Goes on as asked.
try 120 "$kc" run --on-io-error retry --qemu-args "$(drive once werror=stop)" --device $device -- \
	sh -c "$write 2>/dev/null && echo written"
[ $status = 0 ] && [ "$(cat "$out")" = written ] && grep -q 'no space for drive d.*tries again' "$err"
result $? "--on-io-error retry goes on once there is room"

# Somebody looks while it stands still.
"$kc" run --on-io-error retry --qemu-args "$full" --device $device -- $write >/dev/null 2>"$work/runs" &
pid=$!
expect "a machine that is retried says so, and waits" await 60 grep -q 'tries again' "$work/runs"
vq_tells() {
	try 30 "$kc" vq $pid
	[ $status = 252 ] && grep -q 'no space for drive d' "$out"
}
await 20 vq_tells
result $? "kc vq says why, and is not 0"
grep -q 'neither side is to blame' "$out" && ! grep -qE 'WRONG|nothing wrong' "$out"
result $? "it blames neither side"
vq_json_tells() {
	try 30 "$kc" vq --json $pid
	[ $status = 252 ] && grep -q '"halted":"io-error","halted_why":"QEMU stopped' "$out"
}
await 20 vq_json_tells
result $? "so in its JSON"
kill $pid
wait $pid
status=$?
[ $status = 143 ]
result $? "and a signal ends it"

# A real file system that is full, where one can be mounted in a namespace of its own.
if unshare -rm true 2>/dev/null && mkdir "$work/small" &&
	unshare -rm mount -t tmpfs -o size=4M none "$work/small" 2>/dev/null; then
	cat >"$work/real.sh" <<END_SH
mount -t tmpfs -o size=4M none "$work/small" && truncate -s 64M "$work/small/d.raw" &&
exec "$kc" run --qemu-args '-drive if=none,id=d,file=$work/small/d.raw,format=raw' \
	--device $device -- dd if=/dev/zero of=/dev/vda bs=1M
END_SH
	timed unshare -rm sh "$work/real.sh"
	told "a file system that is full" "no space for drive d ($work/small/d.raw)"
else
	skip "a file system that is full" "no name space to mount one in"
fi

# The watchdog, set to one second twice by its configuration space: 1 MHz, then enabled.
cat >"$work/bark.sh" <<'END_SH'
for dir in /sys/bus/pci/devices/*; do
	[ "$(cat $dir/device)" = 0x25ab ] || continue
	printf '\004\000' | dd of=$dir/config bs=2 seek=48 conv=notrunc 2>/dev/null
	printf '\002' | dd of=$dir/config bs=1 seek=104 conv=notrunc 2>/dev/null
	sleep 60
done
echo "no watchdog"
END_SH
if "$root/build/lab/qemu-system-x86_64" -device help 2>/dev/null | grep -q '"i6300esb"'; then
	for action in pause reset poweroff; do
		timed "$kc" run --put "$work/bark.sh:/bark.sh" --device i6300esb \
			--qemu-args "-action watchdog=$action" -- sh /bark.sh
		told "a watchdog, $action" "the guest"
		grep -q "serve.* in time" "$err"
		result $? "it is named"
	done
else
	skip "a watchdog" "this QEMU has no i6300esb"
fi

try 60 "$kc" run --qemu-args '-action panic=pause' -- sh -c 'echo c >/proc/sysrq-trigger'
refused "a panic where QEMU stays" 244 "panicked"

try 60 "$kc" run --qemu-args -no-shutdown -- poweroff -f
refused "a power-off where QEMU stays" 247 "powered off"

try 60 "$kc" run --cold --boot-timeout 3 --qemu-args -S -- true
refused "a machine that is not started" 243 "QEMU has not started the machine"

# A stop at a monitor, by a person or a program, is no verdict.
cat >"$work/monitor.py" <<'END_PY'
import socket, sys, time
with socket.socket(socket.AF_UNIX) as s:
    s.connect(sys.argv[1])
    for line in sys.argv[2:]:
        s.sendall(line.encode() + b"\n")
        time.sleep(1)
END_PY
: >"$out"
"$kc" run --timeout 100 --qemu-args "-monitor unix:$work/mon,server=on,wait=off" -- \
	sh -c 'echo up; sleep 3; echo on' >"$out" 2>"$err" &
pid=$!
await 60 grep -q up "$out"
python3 "$work/monitor.py" "$work/mon" stop
expect "who stops it at a monitor is told" await 20 grep -q 'paused, by a monitor' "$err"
try 30 "$kc" vq $pid
[ $status = 0 ] && grep -q 'paused' "$out" && ! grep -q WRONG "$out"
result $? "kc vq tells it, and 0"
python3 "$work/monitor.py" "$work/mon" cont
wait $pid
status=$?
[ $status = 0 ]
result $? "and it goes on with its command's status"

no_qemus() {
	[ -z "$(qemus)" ]
}
expect "no QEMU is left" await 10 no_qemus
done_testing
