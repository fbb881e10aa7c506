#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A machine that stands still, and its guest's watchdogs, which blame somebody
# else: the verdict says so, and hides nothing that has another cause.
# shellcheck disable=SC2016 # what the guest is to expand
. "$(dirname "$0")/../lib.sh"

# A CPU counts as stuck after twice so many seconds.
quick="--append sysctl.kernel.watchdog_thresh=1"
busy='for i in 1 2 3; do sh -c "while :; do :; done" & done'
fault=$root/build/lab/modules/kc_fault.ko
pid=
trap 'kill -CONT $pid $(pids) 2>/dev/null; kill -KILL $pid 2>/dev/null; rm -rf "$work"' EXIT

# Of this file's QEMUs
pids() {
	qemus | tr -dc '0-9\n'
}

said() {
	grep -q "$1" "$out" "$err"
}

# paused SECONDS kc|qemu COMMAND...: once it has said "up", its QEMU, and kc, too, are stopped.
paused() {
	seconds=$1 whom=$2
	shift 2
	: >"$out"
	: >"$err"
	timeout -k 5 200 "$@" >"$out" 2>"$err" </dev/null &
	pid=$!
	await 120 said '^up$' || result 1 "the guest says that it is up"
	sleep 1
	stopped=$(pids)
	[ "$whom" = qemu ] || stopped="$stopped $(pgrep -P $pid)"
	# shellcheck disable=SC2086 # several
	kill -STOP $stopped
	sleep "$seconds"
	# shellcheck disable=SC2086 # several
	kill -CONT $stopped
	wait $pid
	status=$?
}

# excused NAME: a soft lockup, for all that the guest saw, and why it may be none.
excused() {
	[ $status = 245 ] && grep -q 'the guest kernel complained: .*soft lockup' "$err" &&
		grep -Eq "the machine could not run for [0-9.]+ s \(.*$2.*\), which may be why" "$err"
	result $? "$1"
	still=$(sed -n 's/.*the machine could not run for \([0-9]*\).*/\1/p' "$err" | tail -n 1)
	[ -n "$still" ] && [ "$still" -ge 6 ] && [ "$still" -le 40 ]
	result $? "and says for how long (${still:-?} s)"
}

# shellcheck disable=SC2086 # words
set -- run --smp 2 $quick
paused 8 qemu "$kc" "$@" -- sh -c "$busy; echo up; sleep 6"
excused "kc run: QEMU is stopped" "QEMU was stopped, by a signal or a debugger"
paused 8 kc "$kc" "$@" -- sh -c "$busy; echo up; sleep 6"
excused "kc run: QEMU and kc are stopped" "stopped, by a signal or a debugger|neither QEMU nor kc"

# shellcheck disable=SC2086 # words
set -- trace --smp 2 $quick
paused 8 qemu "$kc" "$@" -- sh -c "$busy; echo up; sleep 6"
excused "kc trace: QEMU is stopped" "QEMU was stopped, by a signal or a debugger"

mkdir "$work/tests"
cat >"$work/tests/tests.ini" <<END
[busy]
kernel = normal
smp = 2
timeout = 60
append = sysctl.kernel.watchdog_thresh=1
qemu-args = -serial file:$work/serial
command = sh -c '$busy; echo TAP version 13; echo 1..1; for t in 0 1; do echo now-stop >/dev/ttyS\$t; done; sleep 6; echo ok 1 one'
END
: >"$out"
: >"$err"
"$kc" test --kernel normal "$work/tests" --junit "$work/junit.xml" >"$out" 2>"$err" </dev/null &
pid=$!
await 120 grep -qs now-stop "$work/serial"
sleep 1
stopped=$(pids)
# shellcheck disable=SC2086 # several
kill -STOP $stopped
sleep 8
# shellcheck disable=SC2086 # several
kill -CONT $stopped
wait $pid
status=$?
[ $status != 0 ] && grep -q 'soft lockup' "$work/junit.xml" &&
	grep -q 'it complains of time that passed, but .*QEMU was stopped, by a signal' "$work/junit.xml"
result $? "kc test: the verdict of a test whose machine stood still says so"

# A real one, where nothing was stopped, and another complaint, where it was.
# shellcheck disable=SC2086 # words
set -- run $quick --put "$fault"
try 200 "$kc" "$@" -- insmod kc_fault.ko how=soft-lockup seconds=8
[ $status = 245 ] && grep -q 'the guest kernel complained: .*soft lockup' "$err" &&
	! grep -q 'was stopped' "$err"
result $? "a CPU that is stuck is told of, and has no such excuse"
paused 8 qemu "$kc" "$@" --smp 2 -- sh -c "$busy; echo up; sleep 6; insmod kc_fault.ko how=warn"
[ $status = 245 ] && grep -q 'the guest kernel complained: WARNING: .*fault_warn' "$err" &&
	! grep -q 'may be why' "$err"
result $? "another complaint in a machine that stood still has none either"

paused 12 qemu "$kc" run --timeout 10 -- sh -c 'echo up; sleep 300'
[ $status = 246 ] && grep -q 'could not run for .*QEMU was stopped' "$err"
result $? "a time limit that passed meanwhile says the same"

done_testing
