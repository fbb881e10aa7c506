#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs one long step of the build: its output goes to a log, and here one line
# says what it is doing and one how long it took. On a terminal the first is
# kept up to date, of one step where several run at once; elsewhere it comes
# again every 30 s, so that a CI log shows life. On failure the end of the log is
# shown.
#
# usage: step.sh NAME COMMAND [ARG...]       log: build/log/NAME.log
# How many seconds it took is left in build/log/NAME.seconds. KC_STEP_LOGS is another
# folder than build/log.

set -u
. "$(dirname -- "$0")/common.sh"
name=$1
shift
logs=${KC_STEP_LOGS:-$root/build/log}
log=$logs/$name.log
mkdir -p "$logs"

elapsed() {
	s=$(($(date +%s) - start))
	printf '%d min %02d s' $((s / 60)) $((s % 60))
}

# The last thing that the log names, cut to fit one line.
doing() {
	tail -c 400 "$log" | tail -n 1 | tr -cd '[:print:]' | cut -c 1-48
}

# It ends with us; should it not, it holds nothing that a reader of our output
# waits for.
pause() {
	sleep "$1" >/dev/null 2>&1 &
	trap 'kill $! 2>/dev/null; exit' TERM
	wait $!
}

# say FORMAT ARG...: in place of the line that is kept up to date, whose ever it is
say() {
	[ ! -t 1 ] || printf '\r\033[K'
	# shellcheck disable=SC2059 # the caller's own
	printf "$@"
}

# The line that is kept up to date is of the step that holds the lock.
progress() {
	exec 8>"$logs/.line"
	while pause "$1" && kill -0 $$ 2>/dev/null; do
		if [ "$1" = 1 ]; then
			flock -n 8 && say '%-10s %s  %s' "$name" "$(elapsed)" "$(doing)"
		else
			printf '%-10s %s  %s\n' "$name" "$(elapsed)" "$(doing)"
		fi
	done
}

# Ctrl-C reaches the command by itself; what is left is the progress.
stop_progress() {
	kill "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
}

start=$(date +%s)
say '%-10s started, log: %s\n' "$name" "${log#"$root"/}"
if [ -t 1 ]; then progress 1 & else progress 30 & fi
pid=$!
trap 'stop_progress; say ""; exit 130' INT TERM HUP
"$@" >"$log" 2>&1 </dev/null
status=$?
stop_progress
if [ $status -ne 0 ]; then
	tail -n 25 "$log" >&2
	say '%s failed (status %d) after %s; the whole log: %s\n' \
		"$name" $status "$(elapsed)" "$log" >&2
	exit $status
fi
echo $(($(date +%s) - start)) >"$logs/$name.seconds"
say '%-10s done in %s\n' "$name" "$(elapsed)"
