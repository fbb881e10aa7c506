#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kc test --repeat, --until-fail, --shuffle and --shard: what is told of many runs is true.
. "$(dirname "$0")/../lib.sh"

cd "$root" || exit 1
planted=tests/planted

# A test that passes until its file says otherwise.
mkdir "$work/tests"
cat >"$work/tests/tests.ini" <<'END'
[defaults]
kernel = normal
put = verdict;report.sh
[turns]
command = sh -c 'sh report.sh 1..1 "$(cat verdict) 1 it"'
[passes]
command = sh report.sh 1..1 'ok 1 it'
END
cp $planted/report.sh "$work/tests/"
echo ok >"$work/tests/verdict"

# saw LINES PATTERN: so many lines of what kc said so far are like that.
saw() {
	[ "$(grep -c "$2" "$out")" -ge "$1" ]
}

# begin OPTION...: kc test of these options, in the background
begin() {
	: >"$out"
	"$kc" test -j 1 "$@" >"$out" 2>"$err" </dev/null &
	pid=$!
}

begin --repeat 5 --junit "$work/junit.xml" "$work/tests"
await 60 saw 1 '^ok 1 '
echo 'not ok' >"$work/tests/verdict"
wait $pid
status=$?
failed=$(grep -c '^not ok ' "$out")
[ $status = 1 ] && [ "$(tail -n 1 "$out")" = "1 passed, 1 failed, 0 skipped" ] &&
	grep -q "^# .*/turns: flaky, $failed of 5: " "$out"
result $? "a test that fails now and then is flaky, and counts as failed"
[ "$(sed -n 's/^1\.\.//p' "$out")" = 10 ] && [ "$(grep -cE '^(not )?ok ' "$out")" = 10 ] &&
	grep -q "^# 10 runs of 2 tests: $((10 - failed)) passed, $failed failed, .* 1 flaky" "$out"
result $? "each run is a result, and the sum has them all"
folders=$(sed -n 's/^#   all of it: //p' "$out")
whole=0
for folder in $folders; do
	grep -q 'not ok 1 it' "$folder/output.txt" || whole=1
done
[ $whole = 0 ] && [ "$(echo "$folders" | sort -u | wc -l)" = "$failed" ]
result $? "each failure has its folder"
grep -q '^#   again: .*turns --kernel normal --until-fail$' "$out"
result $? "and the line that waits for the next one"
python3 - "$work/junit.xml" "$failed" <<'END' >"$out" 2>&1
import sys
import xml.etree.ElementTree as tree

suite = tree.parse(sys.argv[1]).getroot().find("testsuite")
flaky = suite.find("testcase[@name='turns']")
assert len(flaky.findall("flakyFailure/stackTrace")) == int(sys.argv[2]) > 0
assert flaky.find("failure") is None
assert [suite.get(sum) for sum in ("tests", "failures", "errors", "skipped")] == list("2000")
END
result $? "JUnit has them as Surefire writes them"

try 60 "$kc" test -j 1 --until-fail "$work/tests/passes" "$work/tests/turns"
[ $status = 1 ] && [ "$(grep -cE '^(not )?ok ' "$out")" = 2 ] && grep -q '^1\.\.2$' "$out" &&
	grep -q '/turns: failed: ' "$out" && [ "$(tail -n 1 "$out")" = "1 passed, 1 failed, 0 skipped" ]
result $? "--until-fail ends with the first failure"
echo ok >"$work/tests/verdict"
try 60 "$kc" test -j 1 --until-fail --repeat 2 "$work/tests/turns"
[ $status = 0 ] && grep -q '^1\.\.2$' "$out" && [ "$(tail -n 1 "$out")" = "1 passed, 0 failed, 0 skipped" ]
result $? "or after so many rounds"
try 60 "$kc" test --until-fail $planted/skips
[ $status = 77 ] && [ "$(tail -n 1 "$out")" = "0 passed, 0 failed, 1 skipped" ]
result $? "what is skipped is not repeated for ever"

begin --until-fail "$work/tests/turns"
await 60 saw 2 '^ok '
kill -INT $pid
wait $pid
status=$?
runs=$(grep -c '^ok ' "$out")
[ $status = 130 ] && grep -q "^1\.\.$runs$" "$out" && ! grep -q 'not run:' "$out" &&
	[ "$(tail -n 1 "$out")" = "1 passed, 0 failed, 0 skipped" ]
result $? "Ctrl-C is the end of rounds without end"
begin --repeat 4000 "$work/tests/turns"
await 60 saw 1 '^ok '
kill -INT $pid
wait $pid
status=$?
runs=$(grep -c '^ok ' "$out")
[ $status = 130 ] && grep -q "^# not run: .*/turns ($((4000 - runs)) of 4000: " "$out" &&
	[ "$(tail -n 1 "$out")" = "0 passed, 0 failed, 0 skipped" ]
result $? "a test that was not run as often as asked has not passed"
expect "and no QEMU is left" [ -z "$(qemus)" ]

# order SEED: the first round's
order() {
	try 30 "$kc" test -j 1 --kernel normal --timeout 1 --shuffle "$1" $planted/skips* \
		$planted/has-no-such-module $planted/has-no-such-property
	sed -nE 's/^(not )?ok [0-9]+ ([^ ]*).*/\2/p' "$out" | xargs
}
one=$(order 1)
[ -n "$one" ] && [ "$one" = "$(order 1)" ] && grep -q '^# shuffled by --shuffle 1$' "$out" &&
	for seed in 2 3 4 5 6; do [ "$one" != "$(order $seed)" ] && break; done
result $? "a seed is an order, and another is another"

try 10 "$kc" test --list $planted
sort "$out" >"$work/all"
for shard in 1 2 3; do
	"$kc" test --list --shard $shard/3 $planted
done >"$out" 2>"$err"
sort "$out" | cmp -s - "$work/all" && [ "$(wc -l <"$work/all")" -gt 20 ]
result $? "each test is in one share"
try 10 "$kc" test --shard 3/3 "$work/tests"
[ $status = 0 ] && [ "$(tail -n 1 "$out")" = "0 passed, 0 failed, 0 skipped" ] &&
	grep -q '^1\.\.0 # SKIP no test is in share 3 of 3$' "$out"
result $? "a share may be empty"

# wrong WORDS OPTION...
wrong() {
	words=$1
	shift
	try 10 "$kc" test "$@" hello
	refused "$* is refused" 240 "$words"
}
for share in 0/3 4/3 3 a/b 1/2/3 /; do
	wrong "'$share' is not a share such as 2/8" --shard $share
done
wrong 'not a number from 1' --repeat 0
wrong 'not a number from 0' --shuffle today

done_testing
