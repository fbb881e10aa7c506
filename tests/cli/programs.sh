#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Why a program cannot be run in the guest: what is missing there, and the way out.
. "$(dirname "$0")/../lib.sh"

# put NAME: /tmp/NAME is run
put() {
	name=$1
	shift
	try 60 "$kc" run --put "$work/$name:/tmp/$name" "$@" -- "/tmp/$name"
}

# script NAME TEXT: made of printf's format
script() {
	# shellcheck disable=SC2059
	printf "$2" >"$work/$1"
	chmod +x "$work/$1"
}

cp /bin/ls "$work/ls"
put ls
refused "a program without its loader" 127 'its loader /lib64/ld-linux-x86-64.so.2 is not in the guest'
ldd /bin/ls | sed -n 's/.* \(\/[^ ]*\) (.*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (.*/\1/p' >"$work/needed"
while read -r file; do set -- "$@" --put "$file:$file"; done <"$work/needed"
put ls "$@"
[ $status = 0 ]
result $? "with it and the libraries it runs, as is said"

script bash '#!/bin/bash\necho hello\n'
put bash
refused "a script without its interpreter" 127 'its interpreter /bin/bash is not in the guest'
script crlf '#!/bin/sh\r\necho hello\r\n'
put crlf
refused "a script of DOS lines" 127 'CR LF'
sed -i 's/\r$//' "$work/crlf"
put crlf
[ $status = 0 ] && [ "$(cat "$out")" = hello ]
result $? "without them it runs, as is said"
script by-ls '#!/tmp/ls -l\n'
try 60 "$kc" run --put "$work/ls:/tmp/ls" --put "$work/by-ls:/tmp/by-ls" -- /tmp/by-ls
refused "an interpreter without its loader" 127 'its interpreter /tmp/ls: its loader /lib64'
script none '#!\necho hello\n'
put none
[ $status = 126 ] && grep -q 'names no interpreter' "$err"
result $? "a script that names none"
script text 'echo hello\n'
put text
refused "text" 126 "'sh /tmp/text'"
script bom '\357\273\277#!/bin/sh\necho hello\n'
put bom
refused "a byte order mark" 126 'byte order mark'
script empty ''
put empty
refused "an empty file" 126 'it is empty'

# e_machine of arm64, then of nothing that is wrong but the rest
cp "$root/build/lab/tracer" "$work/arm"
printf '\267\000' | dd of="$work/arm" bs=1 seek=18 conv=notrunc 2>/dev/null
put arm
refused "another processor's program" 126 'built for aarch64, and the guest is x86_64'
head -c 100 "$root/build/lab/tracer" >"$work/cut"
chmod +x "$work/cut"
put cut
[ $status -ge 126 ] && [ $status -le 127 ] && grep -q '/tmp/cut: it is a damaged program' "$err"
result $? "a program that is cut short"
cp "$root/build/lab/modules/hello.ko" "$work/object"
chmod +x "$work/object"
put object
refused "an object file" 126 'an object file'

cp "$root/build/lab/tracer" "$work/plain"
chmod 644 "$work/plain"
put plain
refused "a file without the x bit" 126 'it is not executable (chmod +x)'
script by-plain '#!/tmp/plain\n'
try 60 "$kc" run --put "$work/plain:/tmp/plain" --put "$work/by-plain:/tmp/by-plain" -- /tmp/by-plain
refused "an interpreter without it" 126 'its interpreter /tmp/plain: it is not executable'
try 60 "$kc" run -- /tmp
refused "a folder" 126 'it is a folder'
try 60 "$kc" run -- /tmp/absent
refused "a file that is not there" 127 'not found in the guest; --put'
try 60 "$kc" run -- absent
refused "a command that is not there" 127 'absent: not found in the guest'
try 60 "$kc" run --env PATH=/tmp --put "$work/text:/tmp/text" -- text
refused "one that is found by PATH" 126 "'sh /tmp/text'"

done_testing
