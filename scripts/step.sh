#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs one long step of the build: its output goes to a log, and here one line
# says what it is doing and one how long it took. On a terminal the first is
# kept up to date; elsewhere it comes again every 30 s, so that a CI log shows
# life. On failure the end of the log is shown.
#
# usage: step.sh NAME COMMAND [ARG...]       log: build/log/NAME.log

set -u
root=$(cd "$(dirname "$0")/.." && pwd)
name=$1
shift
log=$root/build/log/$name.log
mkdir -p "$root/build/log"

elapsed() {
	s=$(($(date +%s) - start))
	printf '%d min %02d s' $((s / 60)) $((s % 60))
}

# The last thing that the log names, cut to fit one line.
doing() {
	tail -c 400 "$log" | tail -n 1 | tr -cd '[:print:]' | cut -c 1-48
}

progress() {
	while sleep "$1"; do
		if [ "$1" = 1 ]; then
			printf '\r\033[K%-10s %s  %s' "$name" "$(elapsed)" "$(doing)"
		else
			printf '%-10s %s  %s\n' "$name" "$(elapsed)" "$(doing)"
		fi
	done
}

# Ctrl-C reaches the command by itself; what is left is the progress.
stop_progress() {
	kill "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	[ -t 1 ] && printf '\r\033[K'
}

start=$(date +%s)
printf '%-10s started, log: build/log/%s.log\n' "$name" "$name"
if [ -t 1 ]; then progress 1 & else progress 30 & fi
pid=$!
trap 'stop_progress; exit 130' INT TERM HUP
"$@" >"$log" 2>&1 </dev/null
status=$?
stop_progress
if [ $status -ne 0 ]; then
	tail -n 25 "$log" >&2
	printf '%s failed (status %d) after %s; the whole log: %s\n' \
		"$name" $status "$(elapsed)" "$log" >&2
	exit $status
fi
printf '%-10s done in %s\n' "$name" "$(elapsed)"
