#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kc test tells each planted fault for what it is, and leaves nothing behind.
. "$(dirname "$0")/../lib.sh"

cd "$root" || exit 1
planted=tests/planted

# All of them at once; then what was told of each, a line: NAME, verdict, why.
told=$work/told
run_planted() {
	try 900 "$kc" test -j 2 --junit "$work/junit.xml" "$@"
	python3 - "$work/junit.xml" >"$told" <<'END'
import sys
import xml.etree.ElementTree as tree

for case in tree.parse(sys.argv[1]).iter("testcase"):
    end = case.find("failure")
    end = case.find("error") if end is None else end
    skip = case.find("skipped")
    kind = "passed" if skip is None else "skipped"
    why = "" if skip is None else skip.get("message")
    text = ""
    if end is not None:
        kind, why = end.get("type") or "failed", end.get("message")
        text = end.text or ""
    name = case.get("name").removesuffix(" (debug)")
    print(name, kind, why.replace("\n", "; "), text.replace("\n", "; "), sep="\t")
END
}

# tells NAME VERDICT [WORDS]
tells() {
	line=$(grep "^$1$(printf '\t')$2$(printf '\t')" "$told")
	[ -n "$line" ] && case $line in *"${3-}"*) true ;; *) false ;; esac
	result $? "$1: $2"
}

# As after QEMU was built: nothing of it is known yet.
rm -f build/cache/accel build/cache/qemu-devices
run_planted $planted
tells passes passed
tells skips skipped 'no such device here'
tells skips-all skipped 'nor here'
tells skips-without-reason 'short plan' 'no reason'
tells fails failed 'seven is not eight'
tells fails-yet-ends-with-0 failed 'status 0 all the same'
tells ok-yet-ends-with-3 failed 'ended with status 3'
tells ok-only-on-the-console failed '1 of 1 results not ok'
tells warns-in-its-own-words passed
tells stops-early 'short plan' 'end at 1 of 3'
tells plans-nothing 'short plan' 'no plan'
tells says-nothing 'short plan' 'reported nothing'
tells says-too-much 'short plan' 'a plan of 1'
tells bails-out failed 'no more disk'
tells is-not-there 'short plan' 'not found in the guest'
tells is-killed 'short plan' 'signal 11'
tells kills-the-agent 'agent lost' 'restarted'
tells stops-the-agent 'agent lost' 'is stopped'
tells meets passed
tells peer-fails failed 'guest 2: 1 of 1 results not ok'
tells peer-panics panic 'guest 2: the guest kernel panicked'
tells powers-off 'agent lost' 'powered off'
tells reboots 'agent lost' 'rebooted'
tells sleeps hang "'sleep'"
tells panics panic 'sysrq triggered crash'
tells panics-on-microvm panic 'sysrq triggered crash'
tells panics-before-the-agent panic 'Kernel panic'
tells never-reaches-init 'never booted' 'did not come up'
tells has-no-such-property 'QEMU died' nonexistent
tells has-no-such-module 'host not ready' nonexistent.ko
tells floods hang 'the time limit'

[ $status = 242 ] && [ "$(tail -n 1 "$out")" = "3 passed, 26 failed, 2 skipped" ]
result $? "the worst verdict is the status, and the sums come last"
plan=$(sed -n 's/^1\.\.//p' "$out")
[ "$plan" = 31 ] && [ "$(grep -cE '^(not )?ok ' "$out")" = "$plan" ]
result $? "its own report keeps its plan"

# bundle NAME FILE WORDS: the file of a failure's folder has the words.
bundle() {
	folder=$(grep -F "/$1 " "$work/all" | sed -n 's/.*	\(.*\)/\1/p')
	grep -qF -- "$3" "$folder/$2"
	result $? "$1 leaves $2"
}
awk '/^# [^ ]*: / {name = $2; sub(":", "", name)}
	/^#   all of it: / {print name " \t" $5}' "$out" >"$work/all"
bundle sleeps hang.txt 'task:sleep'
bundle sleeps queues.txt 'nothing wrong was seen'
bundle panics console.txt 'sysrq_handle_crash'
bundle fails output.txt 'not ok 2 two'
bundle stops-early errors.txt 'it went wrong'
bundle has-no-such-property qemu.txt nonexistent
bundle fails again.txt "test $planted/fails --kernel normal"
bundle fails command.txt '-kernel'
bundle fails dmesg.txt 'Linux version'
bundle fails versions.txt 'QEMU'
bundle fails verdict.txt 'seven is not eight'

# ends NAME STATUS: alone, each verdict has a status of its own.
ends() {
	try 120 "$kc" test --kernel normal "$planted/$1"
	[ $status = "$2" ]
	result $? "the status of $1 is $2"
}
ends passes 0
ends skips 77
ends fails 1
ends has-no-such-module 241
ends panics-before-the-agent 244
ends powers-off 247
ends stops-early 249
try 120 "$kc" test --kernel normal --timeout 3 $planted/sleeps
[ $status = 246 ]
result $? "the status of sleeps is 246"
try 120 "$kc" test --kernel normal $planted/passes $planted/skips
[ $status = 0 ]
result $? "a skip beside a pass is a success"
try 120 "$kc" test --kernel normal --fail-fast -j 1 $planted/fails $planted/passes
[ $status = 1 ] && grep -q 'not run: tests/planted/passes' "$out"
result $? "--fail-fast tells what was not run"
sh -c "$(sed -n 's/^#   again: //p' "$out")" >"$work/again" 2>&1
grep -q '^not ok 1 tests/planted/fails' "$work/again"
result $? "what it says to do again does it again"

if [ -e build/lab/modules/kc_kunit.ko ]; then
	run_planted $planted/kunit
	[ $status = 245 ] && [ "$(tail -n 1 "$out")" = "3 passed, 7 failed, 0 skipped" ]
	result $? "suites of KUnit are tests"
	tells passes passed
	tells fails failed 'EXPECTATION FAILED at'
	tells skips passed
	tells crashes 'kernel splat' 'NULL pointer dereference'
	tells init-fails failed kc_varying
	tells good-alone passed
	tells is-not-there failed "no suite of KUnit 'kc_better' has run"
	tells has-no-module failed 'those that have: none'
	tells is-disabled failed 'kunit.enable=1'
	tells ends-with-3 failed 'ended with status 3'
	tells kc_varying.case_varies failed 'EXPECTATION FAILED at'
	tells kc_varying.case_varies skipped 'as it was told'
	tells kc_varying.case_many.param-2 passed
	grep -q '^    not ok 2 case_varies' "$out"
	result $? "its cases are subtests"
	# run_kunit STATUS HOW WORDS: what kc run makes of it
	run_kunit() {
		try 120 "$kc" run --module "kc_kunit how=$2" -- true
		[ $status = "$1" ] && case $(cat "$err") in *"$3"*) true ;; *) false ;; esac
		result $? "kc run: a module whose suite does $2 is $1"
	}
	run_kunit 0 pass ''
	run_kunit 253 fail '1 of 6 cases of KUnit failed, the first: kc_varying.case_varies:'
	run_kunit 0 skip ''
	run_kunit 253 init 'the first: kc_varying;'
	run_kunit 245 crash 'NULL pointer dereference'
	try 120 "$kc" run --append kunit.enable=0 --module kc_kunit -- true
	refused "kc run: a module whose suites did not run is 253" 253 'kunit.enable=1'
	try 120 "$kc" run -- sh -c 'printf "<6>KTAP version 1\n<6>1..1\n<6>not ok 1 x\n" >/dev/kmsg'
	[ $status = 0 ]
	result $? "kc run: what a program logs is no suite"
else
	skip "KUnit" "no kc_kunit module in the lab"
fi

if [ -e build/lab/modules/kc_fault.ko ]; then
	run_planted $planted/kernel
	[ $status = 244 ]
	result $? "a panic is worse than a splat"
	tells words passed
	tells warn 'kernel splat' 'by itself passed'
	tells warn-allowed passed
	tells warn-allowed-elsewhere 'kernel splat' fault_warn
	tells warn-and-fail 'kernel splat' 'then: failed'
	tells warn-and-hang 'kernel splat' 'then: hang'
	tells warn-and-leave 'kernel splat' 'powered off'
	tells bug 'kernel splat' 'kernel BUG at'
	tells oops 'kernel splat' 'NULL pointer'
	tells panic panic 'planted panic'
	tells spins hang fault_irqs_off
	tells sleeps hang
	tells flood failed 'records of the kernel'
	tells kunit-beside failed 'kc_varying.case_varies'
	awk '/^# [^ ]*: / {name = $2; sub(":", "", name)}
		/^#   all of it: / {print name " \t" $5}' "$out" >"$work/all"
	bundle warn dmesg.txt 'fault.c:'
	try 120 "$kc" test --kernel normal $planted/kernel/warn
	[ $status = 245 ]
	result $? "the status of a splat is 245"
	echo 'WARNING: * fault_warn+* | the tests plant it' >"$work/allow"
	try 120 "$kc" test --kernel normal --allow "$work/allow" $planted/kernel/warn
	[ $status = 0 ] && grep -q 'allowed: WARNING.*the tests plant it' "$out"
	result $? "an allow-list lets it pass, and is told"
	echo 'WARNING: *' >"$work/allow"
	try 10 "$kc" test --kernel normal --allow "$work/allow" $planted/kernel/warn
	refused "an entry without a reason is refused" 240 "allows a splat without a reason"
else
	skip "splats" "kc_fault.ko is not built"
fi

if [ -e build/lab/debug/modules/kc_fault.ko ]; then
	run_planted $planted/debug
	[ $status = 245 ]
	result $? "the status of splats is 245"
	tells clean passed
	tells leak 'kernel splat' 'allocated in fault_leak'
	tells use-after-free 'kernel splat' 'KASAN: slab-use-after-free'
	tells out-of-bounds 'kernel splat' 'KASAN: slab-out-of-bounds'
	tells ubsan 'kernel splat' 'UBSAN: shift-out-of-bounds'
	tells lock-order 'kernel splat' 'circular locking'
	tells sleep-in-atomic 'kernel splat' 'sleeping function called'
	tells list-corruption 'kernel splat' 'list_add corruption'
else
	skip "what the debug kernel sees" "the debug kernel is not built"
fi

# Two guests that sleep, which takes no CPU and so no slot, and a third test that waits.
start_sleeper() {
	env -u KC_TEST_SLOTS "$kc" test --kernel normal -j 2 --timeout 100 $planted/sleeps $planted/stops-the-agent \
		$planted/passes >"$out" 2>"$err" </dev/null &
	pid=$!
	await 20 two_run
	asleep=$?
	sleep 0.5
}

two_run() {
	[ "$(qemus | wc -l)" -ge 2 ]
}

# No QEMU is left, after the moment that the kernel takes.
all_gone() {
	for _ in $(seq 50); do
		[ -n "$(qemus)" ] || return 0
		sleep 0.1
	done
	return 1
}

start_sleeper
kill -INT $pid
wait $pid
status=$?
[ $status = 130 ] && grep -q '^Bail out!' "$out" && [ "$(grep -c '^# not run: ' "$out")" = 3 ] &&
	[ "$(tail -n 1 "$out")" = "0 passed, 0 failed, 0 skipped" ]
result $? "Ctrl-C ends all and tells what was not run"
expect "and leaves no QEMU" all_gone

start_sleeper
kill -KILL $pid
wait $pid 2>/dev/null
status=$?
[ $status = 137 ] && [ $asleep = 0 ]
result $? "kill -9 ends kc"
expect "and leaves no QEMU" all_gone

start_sleeper
for environ in $(qemus); do
	kill -SEGV "$(basename "${environ%/environ}")"
done
wait $pid
status=$?
[ $status = 242 ] && [ "$(grep -c '^# QEMU died: .*signal 11' "$out")" = 2 ] &&
	[ "$(tail -n 1 "$out")" = "1 passed, 2 failed, 0 skipped" ]
result $? "a QEMU that is shot is told, and the next test runs"

start_sleeper
# shellcheck disable=SC2046 # several numbers
kill -KILL $(awk -v parent=$pid '$4 == parent { print $1 }' /proc/[0-9]*/stat 2>/dev/null)
wait $pid
status=$?
[ $status = 241 ] && [ $asleep = 0 ] && grep -q "kc's process for this test died of signal 9" "$out"
result $? "a process of kc's that is shot is told"
expect "and leaves no QEMU" all_gone

try 10 "$kc" test frobnicate
refused "a test that there is not" 240 "no test is called 'frobnicate'"
mkdir -p "$work/tests"
printf '[a]\nsmp = none\n' >"$work/tests/tests.ini"
try 10 "$kc" test "$work/tests"
refused "a file that is wrong names itself" 240 "$work/tests/tests.ini: [a] smp: 'none'"
try 10 "$kc" test --kernel fast hello
refused "a kernel that there is not" 240 "fast"
try 10 "$kc" test --list
[ $status = 0 ] && grep -q '^hello/smp4 ' "$out" && grep -q '^modules/hello/greets ' "$out"
result $? "--list lists"
printf '[a]\ncommand = sh -c "echo 1..1; printf %s; exit 0"\n' \
	"'ok 1 ]]>\\\\\\\\377\\\\\\\\033[2J<&\\\\\\\\n'" >"$work/tests/tests.ini"
try 60 "$kc" test --kernel normal --junit "$work/junit.xml" "$work/tests"
[ $status = 0 ] && python3 -c 'import sys, xml.etree.ElementTree as t; t.parse(sys.argv[1])' \
	"$work/junit.xml" && grep -qF ']]&gt;' "$work/junit.xml"
result $? "hostile names are well-formed XML"
try 60 "$kc" test --kernel normal --junit "$work/absent/junit.xml" $planted/passes
[ $status = 248 ] && grep -q 'absent/junit.xml' "$err" && [ ! -s "$out" ]
result $? "an XML file that cannot be written is told before any test runs"

done_testing
