#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kc run --net: behind QEMU's router, guests that meet by a name, two NICs of one
# guest; each machine is saved and resumed, and what cannot be is refused.
# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/../lib.sh"

limit="240"
lab=net-$$

# The addresses, and the router answers
user='ip -4 -o addr show eth0 && ip route && ping -c 1 -W 20 10.0.2.2'

try "$limit" "$kc" run --net user -- sh -c "$user"
[ $status = 0 ] && grep -q 'inet 10.0.2.15/24 ' "$out" && grep -q 'default via 10.0.2.2' "$out"
result $? "a guest behind the router has an address and a route"

try "$limit" "$kc" run --net user -- sh -c "$user"
[ $status = 0 ] && ! grep -q 'first run' "$err" && grep -q '1 packets received' "$out"
result $? "the saved machine's router answers, too"

try "$limit" "$kc" run --transport mmio --net user -- sh -c "$user"
expect "and over MMIO" [ $status = 0 ]

try "$limit" "$kc" run --net user,address=none -- sh -c 'ip link show eth0 | grep -q DOWN'
expect "no address where none is wanted" [ $status = 0 ]

try "$limit" "$kc" run --net loop -- sh -c 'cat /sys/class/net/eth[01]/address'
[ $status = 0 ] && [ "$(cat "$out")" = "52:54:00:6b:63:01
52:54:00:6b:63:02" ]
result $? "a loop is of two NICs"

# The sender's sum is the receiver's; the one that waits starts first or last.
# nc ends with its input: that of the receiver stays open.
# shellcheck disable=SC2016 # for the guest's shell
receive='mkfifo /tmp/p && exec 3<>/tmp/p && nc -l -p 9000 <&3 | md5sum'
# shellcheck disable=SC2016
send='seq 200000 >/tmp/f; i=0
	until nc 10.0.3.1 9000 </tmp/f; do
		i=$((i + 1)); [ $i -lt 100 ] || exit 9; sleep 0.3
	done; md5sum </tmp/f'
meet() {
	timeout "$limit" "$kc" run --net "socket:$lab,guest=$1" -- sh -c "$2" >"$work/1" 2>"$work/1.err" </dev/null &
	first=$!
	try "$limit" "$kc" run --net "socket:$lab,guest=$3" -- sh -c "$4"
	wait "$first" && [ $status = 0 ] && [ -s "$out" ] && cmp -s "$out" "$work/1"
}
meet 1 "$receive" 2 "$send"
result $? "two guests meet by the network's name"
meet 2 "$send" 1 "$receive"
result $? "in the other order, too"

try 20 "$kc" run --dry-run --net "socket:$lab"
[ $status = 0 ] && grep -q 'only kc can join' "$err" && ! grep -q 'local.type=fd' "$out"
result $? "a command to be pasted has nobody else on its network"

try 20 "$kc" run --net user --net none -- true
refused "two networks are refused" 240 "--net is there twice"
try 20 "$kc" run --net socket:a/b -- true
refused "a name that is none is refused" 240 "'a/b' is not a network's name"
try 20 "$kc" run --net tap -- true
refused "an unknown kind is refused" 240 "no such network: 'tap'"
try 20 "$kc" run --net user,device=virtio-nett-pci -- true
refused "an unknown NIC is refused" 240 "did you mean 'virtio-net-pci'"

# A QEMU without slirp, as far as it can be asked
printf '#!/bin/sh\necho "Available netdev backend types:"\necho socket\n' >"$work/qemu"
chmod +x "$work/qemu"
try 20 "$kc" run --qemu "$work/qemu" --net user -- true
refused "a QEMU without a router is refused" 240 "was built without slirp"

done_testing
