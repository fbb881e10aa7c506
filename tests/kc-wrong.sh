#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Bad input: each ends soon, with one clear message and a status of its own,
# and leaves nothing behind.
. "$(dirname "$0")/lib.sh"

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
[ $status = 240 ] && [ -s "$err" ]
result $? "run without a command"

try 30 "$kc" run --device virtio-frobnicate-pci -- true
refused "a device that QEMU does not have" 242 virtio-frobnicate-pci
try 30 "$kc" run --device virtio-hello-pci,frob=1 -- true
refused "a property that the device does not have" 242 frob
try 30 "$kc" run --device virtio-hello-pci,queue-size=3 -- true
refused "a property's bad value" 242 queue-size
try 30 "$kc" run --transport mmio --device virtio-hello-pci -- true
[ $status -ge 240 ] && grep -q virtio-hello-device "$err"
result $? "a PCI device on mmio names the right one"

echo "this is no kernel" >"$work/text"
try 10 "$kc" run --kernel "$work/text" -- true
refused "a kernel that is none" 240 "$work/text"
try 10 "$kc" run --kernel "$work/absent" -- true
refused "a kernel that is not there" 240 "$work/absent"
try 10 "$kc" run --root "$work/absent" -- true
refused "a root that is not there" 240 "$work/absent"
try 10 "$kc" run --qemu "$work/absent" -- true
[ $status -ge 240 ] && grep -q "$work/absent" "$err"
result $? "a QEMU that is not there"
try 10 "$kc" run --put "$work/absent" -- true
[ $status != 0 ] && grep -q "$work/absent" "$err"
result $? "a file to put that is not there"
try 30 "$kc" run --module no_such_module -- true
[ $status != 0 ] && grep -q no_such_module "$err"
result $? "a module that is not there"

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

KC_ROOT=$work try 10 "$kc" run -- true
refused "a root that is not KernelCraft's" 241 KC_ROOT
mkdir "$work/devices" "$work/kc"
KC_ROOT=$work try 10 "$kc" run -- true
refused "a lab that is not built says what to make" 241 "make "

try 10 "$kc" help
[ $status = 0 ] && [ -s "$out" ] && [ ! -s "$err" ]
result $? "help goes to stdout"
for command in boot run doctor help version; do
	try 10 "$kc" $command --help
	[ $status = 0 ] && grep -q "^usage: kc $command" "$out" && [ ! -s "$err" ]
	result $? "kc $command --help"
done

sleep 0.5
[ -z "$(qemus)" ]
result $? "no QEMU is left behind"

done_testing
