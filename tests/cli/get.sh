#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# --get: each file that is there, whole or not at all, however the command ended,
# whose status it does not hide.
# shellcheck disable=SC2016 # what the guest is to expand
. "$(dirname "$0")/../lib.sh"

make='echo one >/tmp/1; head -c 3000000 /dev/zero >/tmp/2'
begin() {
	rm -rf "$work/got"
	mkdir "$work/got"
}
# got FILE...: all of them, and nothing else.
got() {
	[ "$(ls "$work/got")" = "$(printf '%s\n' "$@")" ] && [ "$(cat "$work/got/1")" = one ]
}
gets="--get /tmp/1:$work/got/1 --get /tmp/none:$work/got/none --get /tmp/2:$work/got/2"

for how in run trace; do
	begin
	# shellcheck disable=SC2086 # options
	try 120 "$kc" $how $gets -- sh -c "$make; exit 3"
	[ $status = 3 ] && got 1 2 && [ "$(wc -c <"$work/got/2")" = 3000000 ]
	result $? "kc $how: a command that fails keeps its status, and its files come"
	[ "$(grep -c '/tmp/none: No such file' "$err")" = 1 ]
	result $? "kc $how: the one that is missing is told"
	begin
	# shellcheck disable=SC2086
	try 120 "$kc" $how $gets -- sh -c "$make"
	[ $status = 248 ] && got 1 2 && grep -q '1 of the 3 files' "$err"
	result $? "kc $how: it is the status of a command that succeeded"
	begin
	# shellcheck disable=SC2086
	try 120 "$kc" $how --timeout 8 $gets -- sh -c "$make; echo made; sleep 100"
	[ $status = 246 ] && got 1 2
	result $? "kc $how: after a time limit, too"
	begin
	: >"$out"
	# shellcheck disable=SC2086
	"$kc" $how $gets -- sh -c "trap '' TERM; $make; echo made; sleep 100" >"$out" 2>"$err" &
	pid=$!
	await 60 grep -q made "$out"
	now=$(date +%s)
	kill $pid
	wait $pid
	status=$?
	[ $status = 143 ] && got 1 2 && [ $(($(date +%s) - now)) -lt 10 ]
	result $? "kc $how: after a signal, too"
done

begin
# shellcheck disable=SC2086
try 120 "$kc" run --put "$root/build/lab/modules/kc_fault.ko" $gets -- \
	sh -c "$make; insmod /kc_fault.ko how=warn; exit 4"
[ $status = 245 ] && got 1 2
result $? "after a warning of the kernel's"

begin
try 60 "$kc" run --get "/tmp/1:$work/got/1" -- sh -c 'echo one >/tmp/1; cat /proc/self/mem'
[ $status = 1 ] && got 1
result $? "a command's own trouble is its own"

# What cannot be read to its end leaves the host's file as it was.
begin
echo one >"$work/got/1"
try 60 "$kc" run --get "/proc/1/mem:$work/got/1" -- true
[ $status = 248 ] && got 1 && grep -qF '/proc/1/mem: I/O error' "$err"
result $? "a file that cannot be read to its end does not replace one"
for name in /tmp /dev/ttyS0 /tmp/fifo; do
	try 60 "$kc" run --get "$name:$work/got/1" -- mkfifo /tmp/fifo
	[ $status = 248 ] && got 1 && grep -qF -- "--get: the guest refused a file: $name: " "$err"
	result $? "$name is refused"
done

# What follows one that the host cannot write is not mixed with it.
try 60 "$kc" run --get /tmp/2:/dev/full --get "/tmp/1:$work/got/1" -- \
	sh -c "echo two >/tmp/1; head -c 3000000 /dev/zero >/tmp/2"
[ $status = 248 ] && [ "$(cat "$work/got/1")" = two ] && grep -q '/dev/full' "$err"
result $? "a file that the host cannot write does not spoil the next"

ln -s 1 "$work/got/link"
try 60 "$kc" run --get "/tmp/1:$work/got/link" -- sh -c 'echo three >/tmp/1'
[ $status = 0 ] && [ -L "$work/got/link" ] && [ "$(cat "$work/got/1")" = three ]
result $? "a link stays one"

done_testing
