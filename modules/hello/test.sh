#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Guest test of the first module, which kc has inserted: one result a line (KTAP).

n=0

# result NAME COMMAND...: whether the command succeeds
result() {
	name=$1
	shift
	n=$((n + 1))
	if "$@" >/dev/null 2>&1; then
		echo "ok $n $name"
	else
		echo "not ok $n $name"
	fi
}

# said WORDS: the kernel's log has a line that ends with them
said() {
	dmesg | grep -q "$1\$"
}

echo "KTAP version 1"
echo "1..5"
result "it is there" test -d /sys/module/hello
result "its parameter can be read" grep -qx world /sys/module/hello/parameters/whom
result "it greets" said "Hello, world: module hello is here"
result "it goes" rmmod hello
result "it says so" said "Goodbye, world"
