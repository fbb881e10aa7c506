# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What the test files share: each prints TAP, a line a case, and gives each
# case a limit. A file is run by run.sh and can be run alone.

set -u
# What a user's shell is set to is not for tests.
unset CDPATH GREP_OPTIONS POSIXLY_CORRECT
export LC_ALL=C.UTF-8
umask 022
root=$(cd -- "$(dirname -- "$0")/../.." && pwd)
# shellcheck disable=SC2034 # for who reads this file
kc=$root/build/bin/kc
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cases=0
failures=0

# What the last `try` left
out=$work/out
err=$work/err
status=0

# try SECONDS COMMAND...: runs it with no input; see $out, $err, $status.
try() {
	limit=$1
	shift
	timeout -k 5 "$limit" "$@" >"$out" 2>"$err" </dev/null
	status=$?
}

# result OK NAME: one line of TAP; what was seen follows a failure.
result() {
	cases=$((cases + 1))
	if [ "$1" = 0 ]; then
		echo "ok $cases $2"
		return
	fi
	failures=$((failures + 1))
	echo "not ok $cases $2"
	echo "# status $status"
	for file in "$out" "$err"; do
		[ ! -e "$file" ] || tail -n 15 "$file" | sed "s/^/# ${file##*/}: /"
	done
}

skip() {
	cases=$((cases + 1))
	echo "ok $cases $1 # SKIP $2"
}

# expect NAME CONDITION...: a case that is a command's success.
expect() {
	name=$1
	shift
	"$@" >/dev/null 2>&1
	result $? "$name"
}

# refused NAME STATUS WORDS: the last try ended with the status and an error
# that has the words.
refused() {
	[ "$status" = "$2" ] && [ -n "$3" ] && grep -qFe "$3" "$err"
	result $? "$1"
}

# The QEMUs that this file's commands started and that still run, by a mark in
# their environment: others may be running a lab of their own.
export KC_TEST_FILE=$$
qemus() {
	grep -ls "KC_TEST_FILE=$$" /proc/[0-9]*/environ | while read -r environ; do
		case $(readlink "${environ%environ}exe") in
		*/qemu-system-*) echo "$environ" ;;
		esac
	done
}

# await SECONDS CONDITION...: until it holds, at most so long.
await() {
	tries=$(($1 * 10))
	shift
	while [ $tries -gt 0 ]; do
		"$@" && return
		sleep 0.1
		tries=$((tries - 1))
	done
	return 1
}

done_testing() {
	echo "1..$cases"
	[ $failures = 0 ] && [ $cases -gt 0 ]
}
