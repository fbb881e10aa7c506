#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kc run: what goes in comes out, and the status is the command's.
# shellcheck disable=SC2016 # what the guest is to expand
. "$(dirname "$0")/../lib.sh"

try 60 "$kc" run -- sh -c 'echo to-out; echo to-err >&2; exit 3'
[ $status = 3 ]
result $? "the command's own status"
[ "$(cat "$out")" = to-out ] && grep -qx to-err "$err" && ! grep -q to-err "$out"
result $? "stdout and stderr apart"

try 60 "$kc" run -- sh -c 'kill -TERM $$'
[ $status = 143 ]
result $? "a signal is 128 + n"

try 60 "$kc" run -- no-such-command
refused "a command that is not there is 127" 127 no-such-command

try 60 "$kc" run -- /etc/fstab
refused "a command that cannot be run is 126" 126 /etc/fstab

head -c 8000000 /dev/urandom >"$work/data"
timeout 60 "$kc" run -- cat <"$work/data" >"$out" 2>"$err"
status=$?
cmp -s "$work/data" "$out" && [ $status = 0 ]
result $? "8 MB of random bytes through stdin and stdout"

try 60 "$kc" run --put "$work/data:/tmp/in" --get "/tmp/out:$work/back" -- \
	sh -c 'cat /tmp/in /tmp/in >/tmp/out'
[ $status = 0 ] && cat "$work/data" "$work/data" | cmp -s - "$work/back"
result $? "files put and got"

cp "$work/data" "$work/a:b"
try 60 "$kc" run --put "$work/a:b" --dir /tmp -- md5sum a:b
[ $status = 0 ] && [ "$(cut -d' ' -f1 "$out")" = "$(md5sum <"$work/a:b" | cut -d' ' -f1)" ]
result $? "a file with a ':' in its name"

try 60 "$kc" run --env GREETING=hey --dir /tmp -- sh -c 'echo $GREETING $PWD'
[ $status = 0 ] && [ "$(cat "$out")" = "hey /tmp" ]
result $? "environment and folder"

try 60 "$kc" run --timeout 3 -- sleep 100
refused "a time limit is 246" 246 "time limit"

try 60 "$kc" run -- sh -c 'echo c >/proc/sysrq-trigger'
refused "a panic is 244, with the console's words" 244 "sysrq"

try 60 "$kc" run -- sh -c 'killall -9 kc-agent; sleep 20'
refused "an agent that dies is 247" 247 agent

try 60 "$kc" run -- poweroff -f
refused "a guest that powers off under its command is 247" 247 "powered off"

# kill -9 of kc leaves no QEMU.
: >"$out"
"$kc" run -- sh -c "echo up; sleep 60" >"$out" 2>"$err" &
pid=$!
for _ in $(seq 200); do
	[ -s "$out" ] && break
	sleep 0.1
done
qemu=$(qemus)
kill -9 $pid
sleep 0.5
[ -n "$qemu" ] && [ -z "$(qemus)" ]
result $? "kill -9 of kc ends its QEMU"

done_testing
