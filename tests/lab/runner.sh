#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What run.sh and lib.sh take for a success, by files that are none, each in a
# way of its own; in which order run.sh runs them, and how many at a time.
. "$(dirname "$0")/../lib.sh"
unset SOAK KC_TEST_AGAIN

# file ROOM/NAME LINE...: a test file of these lines
file() {
	path=$work/$1
	shift
	mkdir -p "$(dirname "$path")"
	printf '%s\n' '#!/bin/sh' "$@" >"$path.sh"
	chmod +x "$path.sh"
	files="${files-} $path.sh"
}

# run: all of them
run() {
	# shellcheck disable=SC2086 # files are words
	KC_TEST_LOG="$work/log" try 30 "$root/tests/run.sh" ${files-}
	files=
	sums=$(tail -n 1 "$out")
}

# fails NAME WORDS LINE...: a file of these lines counts as a failure, with the words
fails() {
	name=$1
	words=$2
	shift 2
	file room/file "$@"
	run
	[ "$status" = 1 ] && grep -qF "$words" "$out" && [ "${sums#*, 1 failed}" != "$sums" ]
	result $? "$name"
}

file one/same 'echo ok 1 - a; echo 1..1'
file two/same 'echo 1..2; echo ok 1 - b; echo "ok 2 c # SKIP no such device"'
run
[ "$status" = 0 ] && [ "$sums" = "2 passed, 0 failed, 1 skipped" ] &&
	grep -q '^one/same  *1 passed' "$out" && grep -q '^two/same: ok 2 c # SKIP no such device' "$out"
result $? "files of the same name in two rooms are both counted, and a skip is told"

fails "a failure" "not ok 1 x" 'echo not ok 1 x; echo 1..1; exit 1'
fails "a failure in a file that ends with 0" "not ok 1 x" 'echo not ok 1 x; echo 1..1'
fails "no output" "planned nothing" 'true'
fails "no plan" "planned nothing" 'echo ok 1 a'
fails "a plan of none" "planned nothing" 'echo 1..0'
fails "fewer than planned" "planned 2, saw 1" 'echo 1..2; echo ok 1 a'
fails "more than planned" "planned 1, saw 2" 'echo 1..1; echo ok 1 a; echo ok 2 b'
fails "a status of its own" "status 3, all of its results are ok" 'echo 1..1; echo ok 1 a; exit 3'
fails "a signal" "status 137" 'echo 1..1; echo ok 1 a; kill -9 $$'
fails "a skip without a reason" "without a name and a reason" 'echo 1..1; echo "ok 1 a # SKIP"'
file room/file 'echo 1..1; echo ok 1 a'
chmod -x "$work/room/file.sh"
run
[ "$status" = 1 ] && grep -q 'status 126, planned nothing' "$out"
result $? "a file that cannot be run"
# shellcheck disable=SC2016 # the worker's own
fails "a worker that is killed" ", 1 failed" 'kill -9 $PPID; sleep 5'
run
refused "no files at all" 1 "no test files"

# stumbles NAME: a file that fails the first time it runs, and passes then
stumbles() {
	# shellcheck disable=SC2016 # the file's own
	file "stumbles/$1" 'echo 1..1; [ -e "$0.ran" ] && { echo ok 1 a; exit; }' ': >"$0.ran"' \
		'echo not ok 1 a; echo "# no time"; exit 1'
}
stumbles one
file room/file 'echo 1..1; echo ok 1 a'
run
[ "$status" = 0 ] && [ "$sums" = "2 passed, 0 failed, 0 skipped" ] &&
	grep -q '^FLAKY stumbles-one: passed when it ran again' "$out" &&
	grep -q '^stumbles-one: not ok 1 a' "$out" && grep -q '^  # no time' "$out"
result $? "a file that passes when it runs again alone is flaky, and what failed at first is told"
rm "$work/stumbles/one.sh.ran"
stumbles one
KC_TEST_AGAIN=0 run
[ "$status" = 1 ] && [ "$sums" = "0 passed, 1 failed, 0 skipped" ] && ! grep -q FLAKY "$out"
result $? "with KC_TEST_AGAIN=0 nothing runs twice"
rm "$work/stumbles/one.sh.ran"
stumbles one
SOAK=1 run
[ "$status" = 1 ] && [ "$sums" = "0 passed, 1 failed, 0 skipped" ]
result $? "make soak takes each failure as one"
for name in one two three four five six; do
	rm -f "$work/stumbles/$name.sh.ran"
	stumbles $name
done
run
[ "$status" = 1 ] && [ "$sums" = "0 passed, 6 failed, 0 skipped" ]
result $? "what breaks many files is not tried again"

# The order of those that wait for a slot is that of their last times.
export TRAIL="$work/trail"
# leaves NAME LINE...: a file that leaves its name in the trail, first
leaves() {
	name=$1
	shift
	file "order/$name" "$@" "echo $name >>\"\$TRAIL\"" 'echo ok 1 a; echo 1..1'
}
order() {
	: >"$TRAIL"
	leaves other '# Alone: it says so'
	leaves short ''
	leaves middle 'sleep 1'
	# shellcheck disable=SC2016 # the file's own
	leaves long 'echo begun >>"$TRAIL"; sleep 3'
	run
}
order
order
[ "$status" = 0 ] && [ "$(head -n 1 "$TRAIL")" = begun ] && [ "$(tail -n 1 "$TRAIL")" = other ] &&
	[ "$(cat "$work/log/order-long.seconds")" -ge 3 ]
result $? "the longest comes first, and who must be alone the last"

KC_BEGAN=$(date +%s -d '-2 minutes')
export KC_BEGAN
echo 67 >"$work/recent.seconds"
echo 68 >"$work/old.seconds"
touch -d '-1 hour' "$work/old.seconds"
file order/long 'sleep 1; echo ok 1 a; echo 1..1'
run
[ "$status" = 0 ] && grep -q '^Before the tests: 2 min ' "$out" && grep -q '^  recent  *1 min 07 s' "$out" &&
	grep -q '^  order-long  *0 min 0[1-9] s' "$out" && ! grep -q '^  old' "$out" && [ "$sums" = "1 passed, 0 failed, 0 skipped" ]
result $? "where the time went is told, of this run, and the sums are last"
unset KC_BEGAN

# Those that note when they begin and end, of which too many must not meet
crowd() {
	: >"$TRAIL"
	for name in w x y z; do
		# shellcheck disable=SC2016 # the file's own
		file "crowd/$name" 'echo begin >>"$TRAIL"; sleep 1; echo end >>"$TRAIL"; echo ok 1 a; echo 1..1'
	done
	run
	most=$(awk '$1 == "begin" && ++n > most { most = n } $1 == "end" { n-- } END { print most + 0 }' \
		"$TRAIL")
}
crowd
[ "$status" = 0 ] && [ "$most" -ge 1 ] && [ "$most" -le "$(nproc)" ]
result $? "no more run at once than there are CPUs"
set -- "$work"/log/slots/*
shift
holders=
for slot; do
	flock "$slot" sleep 30 &
	holders="$holders $!"
done
sleep 0.5
crowd
[ "$status" = 0 ] && [ "$most" = 1 ]
result $? "a slot that another holds is not used"
# shellcheck disable=SC2086 # their ids are words
[ -z "$holders" ] || kill $holders

# library NAME STATUS LINE...: a file that uses lib.sh ends so
mkdir -p "$work/tests/room"
cp "$root/tests/lib.sh" "$work/tests/"
library() {
	name=$1
	want=$2
	shift 2
	# shellcheck disable=SC2016 # the file's own
	printf '%s\n' '#!/bin/sh' '. "$(dirname "$0")/../lib.sh"' "$@" done_testing \
		>"$work/tests/room/file.sh"
	try 20 sh "$work/tests/room/file.sh"
	[ "$status" = "$want" ]
	result $? "$name"
}
library "lib.sh: a success" 0 'expect it true'
library "lib.sh: a failure" 1 'expect it false' 'expect it true'
library "lib.sh: no cases" 1 'true'
library "lib.sh: an error that says something else" 1 \
	'try 5 sh -c "echo other >&2; exit 3"' 'refused it 3 this'
library "lib.sh: another status" 1 'try 5 sh -c "echo this >&2; exit 4"' 'refused it 3 this'
library "lib.sh: no words to look for" 1 'try 5 sh -c "echo this >&2; exit 3"' 'refused it 3 ""'
# shellcheck disable=SC2016 # the file's own
library "lib.sh: the time limit is no success" 1 'try 1 sleep 20' 'result $status it'
# shellcheck disable=SC2016 # the file's own
library "lib.sh: what did not come" 1 'await 1 false' 'result $? it'

done_testing
