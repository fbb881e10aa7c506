#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kc run: what goes in comes out, and the status is the command's.
# shellcheck disable=SC2016 # what the guest is to expand
. "$(dirname "$0")/lib.sh"

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
cat "$work/data" "$work/data" | cmp -s - "$work/back"
result $? "files put and got"

try 60 "$kc" run --env GREETING=hey --dir /tmp -- sh -c 'echo $GREETING $PWD'
[ "$(cat "$out")" = "hey /tmp" ]
result $? "environment and folder"

try 60 "$kc" run --timeout 3 -- sleep 100
refused "a time limit is 246" 246 "time limit"

try 60 "$kc" run -- sh -c 'echo c >/proc/sysrq-trigger'
refused "a panic is 244, with the console's words" 244 "sysrq"

try 60 "$kc" run -- sh -c 'killall -9 kc-agent; sleep 20'
refused "an agent that dies is 247" 247 agent

try 60 "$kc" run -- poweroff -f
[ $status -ge 240 ] && [ -s "$err" ]
result $? "a guest that powers off under its command is told"

# kill -9 of kc leaves no QEMU.
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

# Ten at once: none sees another's words, disk or name.
for i in 0 1 2 3 4 5 6 7 8 9; do
	timeout 200 "$kc" run --root disk -- \
		sh -c "echo $i >/root/mine; sync; sleep 1; cat /root/mine; hostname" \
		>"$work/many.$i" 2>"$work/many.err.$i" &
done
wait
bad=0
for i in 0 1 2 3 4 5 6 7 8 9; do
	[ "$(head -n 1 "$work/many.$i")" = $i ] || bad=1
done
names=$(tail -qn 1 "$work"/many.? | sort -u | wc -l)
cat "$work"/many.err.* >"$err"
[ $bad = 0 ] && [ "$names" = 10 ]
result $? "ten machines at once do not meet"

done_testing
