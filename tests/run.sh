#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs test files, each of which prints TAP, and adds up. A file that ends early, plans nothing or another number of
# results than it printed, or skips without saying what and why, counts as one
# failure more: silence is never a pass.
#
# What took longest the last time comes first, so that the short ones fill what
# is left; tests/seconds has what each took once, for a first time. Those that
# say "# Alone:" and why come behind the others, one at a time.
#
# There is a slot for each CPU, a file to be locked: a test file holds one while
# it runs, and kc test takes one for each guest but its first. So as many guests
# run at once as there are CPUs, whoever starts them.
#
# A host that stood still, or was crowded, fails tests that nothing is wrong
# with. So up to five files that failed run again, alone, and what passes then
# is reported as flaky, with what failed at first: no failure, but nothing to
# forget. make soak, which is there to find such, takes each failure as one.
#
# Where the time went is told before the sums, and last what failed, as a log's
# end is what people are shown.
#
# usage: run.sh FILE...     (KC_TEST_LOG=DIR: what each said, not build/log/tests;
#	KC_BEGAN=SECONDS: when the make began that runs it;
#	KC_TEST_AGAIN=0: runs nothing twice)

set -u
# The make that runs us lends its jobs to no make of a test.
unset CDPATH MAKEFLAGS MFLAGS MAKELEVEL
here=$(cd "$(dirname "$0")" && pwd)
log=${KC_TEST_LOG:-$here/../build/log/tests}
SOAK=${SOAK:-}
export KC_TEST_SLOTS="$log/slots"

# count PATTERN FILE
count() {
	grep -cE "$1" "$2" || true
}

# why_not: what is wrong with the file whose results were counted, if anything
why_not() {
	if [ "${plan:-0}" = 0 ]; then
		echo "planned nothing"
	elif [ "$plan" != $((good + bad + skips)) ]; then
		echo "planned $plan, saw $((good + bad + skips))"
	elif [ "$skips" != "$(count '^ok [0-9]+ .*# SKIP .*[^ ]' "$tap")" ]; then
		echo "skipped something without a name and a reason"
	elif [ $status -ne 0 ] && [ "$bad" = 0 ]; then
		echo "all of its results are ok"
	fi
}

# name_of FILE: with its room, as two may have files of one name
name_of() {
	echo "$(basename "$(dirname "$1")")/$(basename "$1" .sh)"
}

# log_of NAME: what is kept of it, without the ending
log_of() {
	echo "$log/$(echo "$1" | tr / -)"
}

# longest_first FILE...
longest_first() {
	for file; do
		name=$(name_of "$file")
		took=$(cat "$(log_of "$name").seconds" 2>/dev/null ||
			awk -v name="$name" '$1 == name { print $2 }' "$here/seconds")
		echo "${took:-60} $file"
	done | sort -rn | cut -d ' ' -f 2-
}

# Waits for one; its holder may be killed.
take_slot() {
	while :; do
		for slot in "$KC_TEST_SLOTS"/*; do
			exec 9>"$slot"
			flock -n 9 && return
		done
		sleep 0.2
	done
}

# run_one FILE: in one piece what is said of it, as others speak, too.
run_one() {
	name=$(name_of "$1")
	tap=$(log_of "$name").tap
	take_slot
	start=$(date +%s)
	# Below nohup a hangup is ignored, which no shell can undo, and some test it.
	env --default-signal=HUP "$1" >"$tap" 2>&1 9>&-
	status=$?
	took=$(($(date +%s) - start))
	bad=$(count '^not ok ' "$tap")
	skips=$(count '^ok .*# SKIP' "$tap")
	good=$(($(count '^ok ' "$tap") - skips))
	plan=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$tap" | tail -n 1)
	said=$(grep -E '^(not ok |ok .*# SKIP)' "$tap" | sed "s,^,$name: ,")
	why=$(why_not)
	if [ -n "$why" ]; then
		said="${said:+$said
}$name: status $status, $why; it ended with:
$(tail -n 5 "$tap" | sed 's/^/# /')"
		bad=$((bad + 1))
	fi
	echo "$good $bad $skips" >"${tap%.tap}.count"
	echo $took >"${tap%.tap}.seconds"
	printf '%s%-24s %3d passed, %d failed, %d skipped, %d s\n' "${said:+$said
}" "$name" "$good" "$bad" "$skips" $took
}

# run_all JOBS: the files on stdin
run_all() {
	xargs -r -P "$1" -n 1 "$0" --one
}

# longest N FOLDER: its steps or test files of this run, a line each
longest() {
	find "$2" -maxdepth 1 -name '*.seconds' -newermt "@${KC_BEGAN:-$began}" |
		while read -r file; do
			echo "$(cat "$file") $(basename "$file" .seconds)"
		done | sort -rn | head -n "$1" |
		awk '{ printf "  %-24s %3d min %02d s\n", $2, $1 / 60, $1 % 60 }'
}

# Of make test, which says when it began, what came before the tests, too.
where_time_went() {
	now=$(date +%s)
	[ -z "${KC_BEGAN:-}" ] || {
		echo "Before the tests: $(((began - KC_BEGAN) / 60)) min $(((began - KC_BEGAN) % 60)) s; of its steps, which overlap,"
		longest 8 "$log/.."
	}
	echo "The tests: $(((now - began) / 60)) min $(((now - began) % 60)) s on $(nproc) CPUs; the longest files:"
	longest 12 "$log"
}

# failed FILE...: those of them
failed() {
	for file; do
		read -r _ bad _ 2>/dev/null <"$(log_of "$(name_of "$file")").count" || continue
		[ "$bad" = 0 ] || echo "$file"
	done
}

# run_again FILE...
run_again() {
	[ $# -gt 0 ] && [ $# -le 5 ] && [ "${KC_TEST_AGAIN:-1}$SOAK" = 1 ] || return 0
	for file; do
		first=$(log_of "$(name_of "$file")")
		cp "$first.tap" "$first.first"
		"$0" --one "$file" | sed '$s/$/, run again alone/'
	done
}

# what_was_wrong NAME FILE: what of its results failed, with the beginning of why
what_was_wrong() {
	awk -v name="$1" '/^not ok / { print name ": " $0; left = 3; next }
		/^#/ && left-- > 0 { print "  " $0; next }
		{ left = 0 }' "$2" | cut -c 1-300 | grep . ||
		tail -n 3 "$2" | sed "s,^,$1: ended early or counted wrong: ,"
}

# what_failed LINES: once more, that many at most
what_failed() {
	for count in "$log"/*.count; do
		[ -e "$count" ] || continue
		read -r _ bad _ <"$count"
		name=$(basename "$count" .count)
		if [ "$bad" -gt 0 ]; then
			what_was_wrong "$name" "${count%.count}.tap"
		elif [ -e "${count%.count}.first" ]; then
			echo "FLAKY $name: passed when it ran again, alone. What failed at first ($name.first):"
			what_was_wrong "$name" "${count%.count}.first"
		fi
	done | head -n "$1"
}

[ $# -gt 0 ] || {
	echo "run.sh: no test files" >&2
	exit 1
}
if [ "$1" = --one ]; then
	run_one "$2"
	exit 0
fi
mkdir -p "$KC_TEST_SLOTS"
for i in $(seq "$(nproc)"); do
	: >"$KC_TEST_SLOTS/$i"
done
rm -f "$log"/*.count "$log"/*.first
began=$(date +%s)
alone=$(grep -ls '^# Alone: ' "$@")
longest_first "$@" | grep -vxF "${alone:-none}" | run_all "$(nproc)"
echo "$alone" | run_all 1
# shellcheck disable=SC2046 # one a line, and make knows none with a blank
run_again $(failed "$@")
where_time_went
what_failed 40
cat "$log"/*.count 2>/dev/null | awk -v files=$# -v folder="$log" '{ good += $1; bad += $2; skips += $3 }
	END {
		# A file whose worker was killed has left no count.
		bad += files - NR
		if (bad)
			print "What failed is told in full in " folder "/."
		printf "%d passed, %d failed, %d skipped\n", good, bad, skips
		exit bad > 0
	}'
