#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# compile_commands.json: it has each source, and clangd finds no error in them.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../scratch.sh"

cd "$root" || exit 1

python3 - "$root" >"$out" 2>"$err" <<'END'
import glob
import json
import os
import sys

os.chdir(sys.argv[1])
listed = {entry["file"] for entry in json.load(open("compile_commands.json"))}
wanted = [
    file
    for pattern in ("devices/*/*.c", "modules/*/*.c", "kc/**/*.c", "guest/*/*.c", "tests/**/*.c")
    for file in glob.glob(pattern, recursive=True)
]
missing = [file for file in wanted if os.path.realpath(file) not in listed]
print(len(wanted), "sources; not listed:", *missing)
sys.exit(bool(missing) or len(wanted) < 100)
END
result $? "each source is in compile_commands.json"

# known FILE: clangd has a command for it, and no error by that
known() {
	try 120 clangd --compile-commands-dir="$root" --check-lines=1-1 --check="$1"
	[ $status = 0 ] && grep -q 'Compile command from CDB' "$err" && grep -q ' 0 errors' "$err"
	result $? "clangd has no error for $1"
}

if ! command -v clangd >/dev/null; then
	skip "clangd reads the sources" "clangd is missing: 'apt install clangd' installs it"
	done_testing
	exit
fi
if [ "${SOAK:-}" ]; then
	# Not those that are only built in other folders: templates, and what exercises are made of
	files=$(git ls-files '*.c' | grep -v -e '/template/' -e '^learn/')
else
	files='devices/hello/driver.c devices/hello/device.c devices/hello/test.c modules/hello/hello.c
		guest/agent/agent.c kc/main.c tests/test/unit-junit.c'
fi
for file in $files; do
	known "$file"
done

# A folder outside the project is built in an overlay over it, for which QEMU is configured again.
# shellcheck disable=SC2016 # what the shell inside is to expand
if [ "${SOAK:-}" ]; then
	"$kc" new away --out "$work/mine" >"$out" 2>"$err" &&
		KC_DEVICES="$work/mine" over_project "$work/over" sh -c 'make -s all >"$1/make.out" 2>&1 &&
		for file in driver.c device.c test.c; do
			clangd --compile-commands-dir="$PWD" --check-lines=1-1 --check="$1/mine/away/$file" 2>&1 || exit
		done' sh "$work" >"$out"
	status=$?
	if [ "$status" = 77 ]; then
		skip "a folder outside the project" "no overlay can be mounted here"
	else
		[ "$status" = 0 ] && [ "$(grep -c 'Compile command from CDB' "$out")" = 3 ] &&
			[ "$(grep -c ' 0 errors' "$out")" = 3 ]
		result $? "clangd has no error for the files of a device outside the project"
	fi
else
	skip "a folder outside the project" "SOAK=1 builds one"
fi

# What would be an error is one.
mkdir "$work/wrong"
sed 's/^static int hello_probe/static not_a_type hello_probe/' devices/hello/driver.c >"$work/wrong/driver.c"
cp devices/hello/abi.h "$work/wrong/"
sed "s,$root/devices/hello/driver.c,$work/wrong/driver.c,g" compile_commands.json >"$work/compile_commands.json"
try 120 clangd --compile-commands-dir="$work" --check-lines=1-1 --check="$work/wrong/driver.c"
[ $status != 0 ] && grep -q "unknown type name 'not_a_type'" "$err"
result $? "an error that is one is found"

done_testing
