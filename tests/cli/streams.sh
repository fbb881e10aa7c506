#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Standard streams that cannot be read or written: nothing is lost with status 0.
. "$(dirname "$0")/../lib.sh"

# with REDIRECTION COMMAND...: as the shell makes it; what is not redirected is kept.
with() {
	redirection=$1
	shift
	timeout -k 5 120 sh -c "exec 3>'$out' 4>'$err' 5</dev/null
		exec \"\$@\" <&5 >&3 2>&4 5<&- 3>&- 4>&- $redirection" sh "$@"
	status=$?
}

: >"$work/file"
with "</" "$kc" run -- cat
refused "a folder as stdin" 240 'stdin cannot be read: it is a folder'
with "0>$work/file" "$kc" run -- cat
refused "a stdin that is open for writing" 240 'it is open for writing only'
for command in "trace -- cat" boot; do
	# shellcheck disable=SC2086 # words
	with "</" "$kc" $command
	refused "kc ${command%% *} of a folder" 240 'stdin cannot be read: it is a folder'
done
with "0>/dev/null" "$kc" run -- cat
[ $status = 0 ]
result $? "nohup's stdin is an empty one"
with "<&-" "$kc" run -- cat
[ $status = 0 ]
result $? "a closed stdin is an empty one"
with "</" "$kc" run --dry-run
[ $status = 0 ]
result $? "where none is read it may be anything"

for redirection in ">&-" ">/dev/full"; do
	with "$redirection" "$kc" run -- echo lost
	refused "kc run $redirection" 248 "the command's output is not whole"
	with "$redirection" "$kc" run -- true
	[ $status = 0 ]
	result $? "a command that says nothing loses nothing $redirection"
	for command in "run --dry-run" "test --list" "test modules/hello --kernel normal" \
		"help run" version doctor "cache" "boot --dry-run" "debug --dry-run" \
		"trace --module hello_virtio -- hello_test sizes" "help --man"; do
		# shellcheck disable=SC2086 # words
		with "$redirection" "$kc" $command
		[ $status != 0 ] && [ -s "$err" ]
		result $? "kc $command $redirection"
	done
	if command -v gdb >/dev/null; then
		with "$redirection" "$kc" debug --batch --module hello --break hello_init -- true
		refused "kc debug $redirection" 248 "gdb's output is not whole"
	fi
done
with "2>&-" "$kc" run -- sh -c 'echo lost >&2'
[ $status = 248 ]
result $? "a closed stderr that the command wrote to"

done_testing
