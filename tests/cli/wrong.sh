#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Bad input: each ends soon, with one clear message and a status of its own,
# and leaves nothing behind.
. "$(dirname "$0")/../lib.sh"

try 10 "$kc"
[ $status = 240 ] && [ ! -s "$out" ] && [ -s "$err" ]
result $? "no command: usage on stderr"

try 10 "$kc" frobnicate
refused "an unknown command" 240 frobnicate
try 10 "$kc" boot --frobnicate
refused "an unknown option" 240 frobnicate
try 10 "$kc" boot --memory lots
refused "a memory size that is none" 240 lots
try 10 "$kc" boot --smp 0
refused "no CPU at all" 240 smp
try 10 "$kc" run
refused "run without a command" 240 "command"

try 30 "$kc" run --device virtio-frobnicate-pci -- true
refused "a device that neither the project nor QEMU has" 240 "no such device: 'virtio-frobnicate-pci'"
try 30 "$kc" run --device virtio-hello-pci,frob=1 -- true
refused "a property that the device does not have" 242 frob
try 30 "$kc" run --device virtio-echo-pci,queue-size=3 -- true
refused "a property's bad value" 242 queue-size
try 30 "$kc" run --transport mmio --device virtio-hello-pci -- true
refused "a PCI device on mmio names the right one" 240 virtio-hello-device

echo "this is no kernel" >"$work/text"
try 10 "$kc" run --kernel "$work/text" -- true
refused "a kernel that is none" 240 "$work/text"
try 10 "$kc" run --kernel "$work/absent" -- true
refused "a kernel that is not there" 240 "$work/absent"
try 10 "$kc" run --root "$work/absent" -- true
refused "a root that is not there" 240 "$work/absent"
try 10 "$kc" run --qemu "$work/absent" -- true
refused "a QEMU that is not there" 240 "$work/absent"
try 10 "$kc" run --put "$work/absent" -- true
refused "a file to put that is not there" 240 "$work/absent"
try 30 "$kc" run --module no_such_module -- true
refused "a module that is not there" 240 no_such_module

# A root without an init: the kernel panics at once.
mkdir "$work/empty"
(cd "$work/empty" && echo x >x && find . | cpio -o -H newc --quiet) >"$work/empty.cpio"
try 60 "$kc" run --root "$work/empty.cpio" -- true
refused "a guest that panics at boot" 244 "Kernel panic"
[ "$(grep -c '|' "$err")" -ge 5 ]
result $? "with its last console lines"

# A guest that never says a word.
try 60 "$kc" run --append "init=/bin/sh rdinit=/bin/sh" --boot-timeout 5 -- true
refused "a guest that never comes up" 243 "5 s"

for command in run trace; do
	for variable in FOO =value; do
		try 10 "$kc" $command --env $variable -- true
		refused "kc $command --env $variable" 240 "'$variable' is not of the form NAME=VALUE"
	done
done

KC_ROOT=$work try 10 "$kc" run -- true
refused "a root that is not KernelCraft's" 241 KC_ROOT
mkdir "$work/devices" "$work/kc"
KC_ROOT=$work try 10 "$kc" run -- true
refused "a lab that is not built says what to make" 241 "make "

try 10 "$kc" help
[ $status = 0 ] && [ -s "$out" ] && [ ! -s "$err" ]
result $? "help goes to stdout"
# Its own list is that of the files, each of which is a command; kc version is so
# short that it has none, and kc remove is what undoes kc new.
commands=$(sed -n '/^Commands:/,/^$/s/^  \([a-z]*\)  .*/\1/p' "$out" | sort)
files=$({
	printf '%s\n' version remove
	for file in "$root"/kc/cli/cmd-*.c; do basename "${file#*cmd-}" .c; done
} | sort)
[ -n "$commands" ] && [ "$commands" = "$files" ]
result $? "and lists every command"
for command in $commands; do
	try 10 "$kc" "$command" --help
	[ $status = 0 ] && grep -q "^usage: kc $command\( \|\$\)" "$out" && [ ! -s "$err" ]
	result $? "kc $command --help"
	try 10 "$kc" "$command" --no-such-option
	refused "kc $command takes no option that it does not have" 240 no-such-option
done

sleep 0.5
[ -z "$(qemus)" ]
result $? "no QEMU is left behind"

done_testing
