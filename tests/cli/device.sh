#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# --device means the same in every command: a folder of devices/, or QEMU's own.
. "$(dirname "$0")/../lib.sh"

commands='boot run trace debug'
# options COMMAND: with what it needs where there is no terminal.
options() {
	case $1 in
	debug) echo debug driver --batch ;;
	*) echo "$1" ;;
	esac
}

for transport in pci mmio; do
	case $transport in
	pci) type=virtio-echo-pci ;;
	mmio) type=virtio-echo-device ;;
	esac
	for command in $commands; do
		# shellcheck disable=SC2046 # several words
		try 20 "$kc" $(options "$command") --dry-run --transport $transport --device echo,packed=on
		[ $status = 0 ] && grep -q -- "-device $type,packed=on" "$out" && ! grep -q hello0 "$out"
		result $? "kc $command --device echo,packed=on is $type,packed=on"
	done
	try 60 "$kc" run --transport $transport --device echo --module echo_virtio -- echo_test order
	[ $status = 0 ]
	result $? "and serves its driver over $transport"
done

for command in $commands; do
	# shellcheck disable=SC2046
	try 20 "$kc" $(options "$command") --dry-run --device ehco
	refused "kc $command names the nearest of what is not there" 240 \
		"--device: no such device: 'ehco'; did you mean 'echo'?"
done
for command in run trace; do
	try 20 "$kc" $command --device ehco -- true
	refused "kc $command does so before a guest is started" 240 "did you mean 'echo'?"
done
try 20 "$kc" run --device rng -- true
refused "of QEMU's own, too" 240 "no such device: 'rng'; did you mean 'virtio-rng-pci'?"
try 20 "$kc" run --device virtio-blk-pic,drive=d -- true
refused "a slip in QEMU's own name" 240 "did you mean 'virtio-blk-pci'?"
try 20 "$kc" run --transport mmio --device virtio-echo-pci -- true
refused "a device of the other transport is named as on this one" 240 "virtio-echo-device"

mkdir "$work/suite"
cat >"$work/suite/tests.ini" <<-'END'
	[pci]
	device = echo,packed=on
	module = echo_virtio
	command = echo_test order
	kernel = normal
	[mmio]
	device = echo
	transport = mmio
	module = echo_virtio
	command = echo_test order
	kernel = normal
END
try 120 "$kc" test "$work/suite"
[ $status = 0 ] && grep -q '2 passed' "$out"
result $? "in tests.ini as well"
echo 'device = ehco' >>"$work/suite/tests.ini"
sed -i '/^\[mmio/,$ { /device = echo/d; }' "$work/suite/tests.ini"
try 20 "$kc" test "$work/suite"
refused "where the file and its group are named" 240 \
	"tests.ini: [mmio] device: no such device: 'ehco'; did you mean 'echo'?"

done_testing
