#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kc trace: every buffer of every kind of device, counted by someone else, too.
# shellcheck disable=SC2016 # what the guest is to expand
. "$(dirname "$0")/../lib.sh"

# How many lines of the last trace are of buffers, and have all the words.
buffers() {
	grep '"type":"buffer"' "$out" >"$work/buffers"
	for words in "$@"; do
		grep -F "$words" "$work/buffers" >"$work/some"
		mv "$work/some" "$work/buffers"
	done
	wc -l <"$work/buffers"
}

complete='"fate":"complete"'

# traced NAME: the last trace was made, and nothing in it was lost or unclear.
traced() {
	[ $status = 0 ] &&
		grep -q '"lost":{"driver_events":0,"device_events":0,"probes_missed":0}' "$out" &&
		[ "$(buffers '"fate":"touched')" = 0 ]
	result $? "$1"
}

# ordered NAME: in each complete buffer no moment comes before the one before it.
ordered() {
	grep '"type":"buffer"' "$out" | grep -F "$complete" | tr ',' '\n' |
		sed -n 's/^"\(added\|popped\|filled\|pushed\|collected\)_ns":\(-*[0-9]*\)$/\1 \2/p' |
		awk '$1 == "added" { last = $2; next } $2 < last { bad = 1 } { last = $2; n++ }
			END { exit bad || !n }'
	result $? "$1"
}

# described PAGE: the fields of the last trace are those of the tables of PAGE, all of them.
described() {
	sed -n 's/^| \(`[^|]*\)|.*/\1/p' "$1" | tr -c 'a-z0-9_\n' '\n' | grep . | sort -u >"$work/told"
	grep -o '"[a-z0-9_]*":' "$out" | tr -d '":' | sort -u | cmp -s - "$work/told"
}

head -c 4194304 /dev/zero >"$work/disk"
disk="-drive if=none,id=d,file=$work/disk,format=raw"
count_reads='before=$(cut -c1-9 /sys/block/vda/stat)
	dd if=/dev/vda of=/dev/null bs=64k iflag=direct 2>/dev/null ||
		dd if=/dev/vda of=/dev/null bs=64k
	echo reads $(($(cut -c1-9 /sys/block/vda/stat) - before))'

for packed in off on; do
	try 120 "$kc" trace --json - --descriptors --no-device --qemu-args "$disk" \
		--device "virtio-blk-pci,drive=d,packed=$packed" --only blk -- sh -c "$count_reads"
	traced "virtio-blk is traced, packed=$packed"
	reads=$(sed -n 's/^reads //p' "$err")
	[ -n "$reads" ] && [ "$(buffers)" = "$reads" ] && [ "$(buffers "$complete")" = "$reads" ]
	result $? "as many buffers as the guest counts reads ($reads)"
	ordered "each from its add to its collection, in this order"
	described "$root/docs/trace-json.md"
	result $? "docs/trace-json.md describes each field, and none that is not there"
	sed '/^| `polled`/d' "$root/docs/trace-json.md" >"$work/short.md"
	sed 's/^| `polled`/| `polled`, `pulled`/' "$root/docs/trace-json.md" >"$work/long.md"
	! described "$work/short.md" && ! described "$work/long.md"
	result $? "a page that lacks one, or has one more, would be noticed"
	[ "$(sed -n 's/.*"type":"trace".*"written_bytes":\([0-9]*\).*/\1/p' "$out")" = \
		$((4194304 + reads)) ]
	result $? "as many bytes as the disk has, and a status for each"
done

for packed in off on; do
	try 200 "$kc" trace --json - --smp 4 --memory 512M --buffer 128M --module echo_virtio \
		--device "virtio-echo-pci,packed=$packed" --only echo -- echo_test load 2 64 4000
	traced "64 threads on 4 CPUs are traced, packed=$packed"
	messages=$(sed -n 's/ messages back.*//p' "$err")
	[ "$(buffers "$complete")" = "$messages" ] && [ "$(buffers)" = "$messages" ]
	result $? "a buffer for each of $messages messages"
	ordered "each in order, whichever CPU it was on"
done

try 200 "$kc" trace --json - --smp 2 --buffer 1M --module echo_virtio --device virtio-echo-pci --only echo -- \
	echo_test stream 12000 64
lost=$(sed -n 's/.*"lost":{"driver_events":\([0-9]*\).*/\1/p' "$out")
[ $status = 0 ] && [ "$lost" -gt 0 ]
result $? "a buffer that is too small loses events, and this is told ($lost)"
[ "$(buffers)" = 12000 ] && [ "$(buffers '"fate":"touched')" -gt 0 ] &&
	[ $(($(buffers "$complete") + $(buffers '"fate":"touched'))) = 12000 ]
result $? "each of 12000 messages is accounted for all the same"
ordered "what is complete is in order"

# A machine's first run maps all of the guest's memory, to keep it; later ones do not.
"$kc" trace --module echo_virtio --device virtio-echo-pci --only echo -- true >/dev/null 2>&1
try 200 "$kc" trace --json - --verbose --buffer 1M --module echo_virtio --device virtio-echo-pci --only echo -- \
	echo_test stream 120000 64
lost=$(sed -n 's/.*"lost":{"driver_events":[0-9]*,"device_events":\([0-9]*\).*/\1/p' "$out")
[ $status = 0 ] && [ "$lost" -gt 100000 ]
result $? "what is old of the device's side is lost, too, and this is told ($lost)"
left=$(buffers)
[ "$left" -lt 120000 ] && [ "$(buffers "$complete")" -gt 1000 ] &&
	[ $(($(buffers "$complete") + $(buffers '"fate":"touched'))) = "$left" ]
result $? "what is left of both ($left buffers) is joined, or told to be touched"
ordered "what is complete of it is in order"
taken=$(sed -n 's/^kc: .* kc took \([0-9]*\) MiB.*/\1/p' "$err")
[ -n "$taken" ] && [ "$taken" -lt 100 ]
result $? "kc's memory is bounded by --buffer ($taken MiB)"

count_packets='udhcpc -q -i eth0 >/dev/null 2>&1; ping -c 5 10.0.2.2 >/dev/null
	sed -n "s/.*eth0: *//p" /proc/net/dev | { read -r b rx e d f fr c m tb tx rest; echo "packets $rx $tx"; }'
try 120 "$kc" trace --json - --no-device --qemu-args '-netdev user,id=n' \
	--device virtio-net-pci,netdev=n --only net -- sh -c "$count_packets"
traced "virtio-net is traced"
packets=$(sed -n 's/^packets //p' "$err")
[ "$(buffers '"queue":0' "$complete") $(buffers '"queue":1' "$complete")" = "$packets" ]
result $? "as many buffers as the guest counts packets ($packets)"
[ "$(sed -n 's/.*"queue":\([0-9]*\),"name":"\([a-z0-9]*\)",.*/\1 \2/p' "$out" | paste -sd,)" = \
	"0 receiveq1,1 transmitq1,2 controlq" ]
result $? "on queues that have the specification's names"

try 120 "$kc" trace --no-device --net user,address=none --only nic0 -- \
	sh -c 'ip link set eth0 up && ip addr add 10.0.2.15/24 dev eth0 && ping -c 1 -W 20 10.0.2.2 >/dev/null'
[ $status = 0 ] && grep -A 2 'receiveq1' "$out" | grep -q ' in flight at the end$' &&
	[ "$(grep -c 'posted ahead: ' "$out")" = 1 ]
result $? "buffers that a network driver posts ahead wait, and are told to"

mkdir "$work/share"
head -c 300000 /dev/urandom >"$work/share/file"
try 120 "$kc" trace --json - --no-device --qemu-args \
	"-fsdev local,id=f,path=$work/share,security_model=none -device virtio-9p-pci,fsdev=f,mount_tag=t" \
	--only 9p -- sh -c 'mount -t 9p -o trans=virtio t /mnt && md5sum </mnt/file && umount /mnt'
traced "virtio-9p is traced"
[ "$(buffers "$complete")" -gt 5 ] &&
	[ "$(sed -n 's/.*"type":"trace".*"written_bytes":\([0-9]*\).*/\1/p' "$out")" -gt 300000 ]
result $? "the file's bytes went through it"

try 120 "$kc" trace --json - --no-device --transport mmio --only rng -- \
	dd if=/dev/hwrng of=/dev/null bs=64 count=20
traced "virtio-rng over mmio is traced"
[ "$(buffers "$complete")" -ge 20 ]
result $? "a buffer for each 64 bytes, at the least"

try 120 "$kc" trace --module echo_virtio --device virtio-echo-pci --only echo \
	--perfetto "$work/trace.pftrace" -- sh -c 'lsmod | grep -q ^kc_probes || exit 9; echo_test latency 10 64; exit 3'
[ $status = 3 ] && grep -q '10 buffers: 10 complete' "$out" && grep -q '^No event was lost' "$out"
result $? "the command's own status, and a table on stdout"
[ "$(grep -ao 'virtio-echo virtio[0-9]*' "$work/trace.pftrace" | wc -l)" = 1 ] &&
	grep -aq 'waiting for the kick' "$work/trace.pftrace"
result $? "a file for Perfetto, which names each device once (unit-trace-perfetto reads it all)"

try 120 "$kc" trace --json "$work/trace.json" --html "$work/trace.html" --perfetto - -- \
	sh -c 'dd if=/dev/hwrng of=/dev/null bs=64 count=2; echo said'
[ $status = 0 ] && grep -q '^said$' "$err" && ! grep -qa ' buffers: ' "$out" && [ -s "$work/trace.html" ] &&
	head -n 1 "$work/trace.json" | grep -q '^{"type":"trace","command":"sh -c dd' && grep -qa 'virtio' "$out"
result $? "'-' is stdout, and the command's own output goes to stderr then"
try 120 "$kc" trace --json "$work/trace.json" --only rng -- sh -c 'dd if=/dev/hwrng of=/dev/null bs=64 count=2 2>&1; echo said'
[ $status = 0 ] && grep -q '^said$' "$out" && grep -q ' buffers: ' "$out" &&
	[ "$(grep -c '"type":"buffer"' "$work/trace.json")" -ge 2 ] && ! grep -q '"model":"virtio-serial"' "$work/trace.json"
result $? "--json FILE beside a table on stdout"
for file in - "$work/one"; do
	try 10 "$kc" trace --json "$file" --perfetto "$file" -- true
	refused "two that write to $file are refused" 240 "--json and --perfetto both write to '$file'"
done
try 10 "$kc" trace --json -- true
refused "--json without its FILE is refused" 240 "--json needs a value: FILE"
try 10 "$kc" trace --env FOO -- true
refused "--env is checked as in kc run" 240 "'FOO' is not of the form NAME=VALUE"

for option in --json --html --perfetto; do
	for file in /nowhere/file "$work"; do
		try 10 "$kc" trace $option "$file" -- true
		refused "$option $file is refused before anything runs" 248 "$file"
	done
done

# A lab without our module for the kernel that it boots.
mkdir -p "$work/lab/build/lab/modules"
ln -s "$root"/build/lab/* "$work/lab/build/lab/" 2>/dev/null
ln -s "$root"/build/lab/modules/echo_virtio.ko "$work/lab/build/lab/modules/"
for packed in off on; do
	KC_ROOT=$work/lab try 200 "$kc" trace --json - --smp 2 --module echo_virtio \
		--device "virtio-echo-pci,packed=$packed" --only echo -- \
		sh -c '! lsmod | grep kc_probes && echo_test load 2 16 500'
	traced "the kernel's own probe events do without our module, packed=$packed"
	messages=$(sed -n 's/ messages back.*//p' "$err")
	[ "$(buffers "$complete")" = "$messages" ] && [ "$(buffers)" = "$messages" ]
	result $? "a buffer for each of $messages messages"
	ordered "each in order, by those"
done

# The module comes and goes under the tracer.
try 120 "$kc" trace --json - --device virtio-echo-pci --only echo -- sh -c \
	'for i in 1 2 3; do insmod /lib/modules/*/extra/echo_virtio.ko; echo_test latency 10 64
	rmmod echo_virtio; done'
traced "a driver that is loaded three times is traced"
[ "$(buffers "$complete" '"queue":0')" = 30 ]
result $? "what it moved each time"

# qmp EXECUTE [ARGUMENTS]: to the QEMU that has $monitor
monitor="-qmp unix:$work/qmp,server=on,wait=off"
qmp() {
	python3 - "$work/qmp" "$1" "${2:-{\}}" <<-'END'
		import socket, sys
		monitor = socket.socket(socket.AF_UNIX)
		monitor.connect(sys.argv[1])
		monitor.settimeout(20)
		for execute, arguments in ("qmp_capabilities", "{}"), sys.argv[2:]:
		    monitor.recv(65536)
		    monitor.sendall(('{"execute":"%s","arguments":%s}' % (execute, arguments)).encode())
		monitor.recv(65536)
	END
}

# when WORD COMMAND...: once the guest has said so
when() {
	await 60 grep -q "^$1$" "$err" && shift && "$@"
}

# The guest's clock stands still with its machine, the host's goes on.
: >"$err"
{ when ready qmp stop && sleep 1 && qmp cont; } &
try 120 "$kc" trace --json - --qemu-args "$monitor" --module echo_virtio \
	--device virtio-echo-pci --only echo -- sh -c 'echo_test latency 20 64; echo ready; sleep 2; echo_test latency 20 64'
wait
traced "a machine that stands still meanwhile is traced"
[ "$(buffers "$complete")" = 40 ] &&
	[ "$(sed -n 's/.*"pieces":\([0-9]*\).*/\1/p' "$out")" -gt 1 ] &&
	[ "$(sed -n 's/.*"jump_ns":\([0-9]*\).*/\1/p' "$out")" -gt 900000000 ]
result $? "its clocks are several lines, and how far they are apart is told"
ordered "each buffer in order before and after"

# Two devices, one after the other, to which the guest gives the same number.
echo_device='"driver":"virtio-echo-pci","bus":"hotplug0"'
: >"$err"
{
	when one qmp device_add "{$echo_device,\"id\":\"one\"}"
	when none qmp device_del '{"id":"one"}'
	when two qmp device_add "{$echo_device,\"id\":\"two\"}"
} &
try 120 "$kc" trace --json - --qemu-args "$monitor" --no-device --module echo_virtio -- sh -c '
	echo one; until [ -e /dev/echo0 ]; do sleep 0.2; done; echo_test latency 10 64
	echo none; while [ -e /dev/echo0 ]; do sleep 0.2; done
	echo two; until [ -e /dev/echo0 ]; do sleep 0.2; done; echo_test latency 20 64'
wait
traced "devices that are plugged and unplugged meanwhile are traced"
[ "$(sed -n 's|.*"guest_name":"virtio2".*peripheral/\([a-z]*\)/.*"queue":0.*"complete":\([0-9]*\),.*|\1 \2|p' "$out" |
	paste -sd,)" = "one 10,two 20" ]
result $? "what each of two with the same name moved"

# Its process cannot even be killed: it waits for a disk that takes hours.
try 120 "$kc" trace --json - --descriptors --timeout 30 --no-device \
	--qemu-args "$disk,throttling.bps-total=1,throttling.bps-total-max=65536" --device virtio-blk-pci,drive=d --only blk -- \
	dd if=/dev/vda of=/dev/null bs=64k count=4 iflag=direct
[ $status = 246 ] && [ "$(buffers '"fate":"in flight at the end"' '"filled_ns":null')" = 1 ]
result $? "a command that hangs is judged as kc run does, and what it waits for is shown"
[ "$(buffers '"chain":[{"index":')" -ge 1 ] && [ "$(buffers '"chain":[{"index":')" = "$(buffers)" ]
result $? "with each descriptor where it lies"

try 120 "$kc" trace --json - --put "$root/build/lab/modules/kc_fault.ko" --device virtio-echo-pci --only echo \
	--module echo_virtio -- sh -c 'insmod kc_fault.ko how=warn; echo_test latency 10 64'
[ $status = 245 ] && [ "$(buffers "$complete")" = 10 ] &&
	grep -q 'the guest kernel complained: WARNING' "$err"
result $? "a command under which the kernel warns is judged as kc run does, and traced"

# unasked FAULT COMPLETE COUNT: what the device gives back and had not taken is no buffer.
unasked() {
	try 120 "$kc" trace --json - --only fault --module fault_virtio \
		--device "virtio-fault-pci,fault=$1" -- sh -c 'fault_test submit 3; true'
	traced "a device that does wrong is traced: $1"
	[ "$(buffers "$complete")" = "$2" ] && [ "$(buffers '"fate":"given back but not taken"')" = "$3" ] &&
		[ "$(buffers '"fate":"in flight at the end"')" = $((3 - $2)) ]
	result $? "and what it gave back without having taken it is told apart"
}

unasked none 3 0
unasked twice 1 1
unasked bad-id 0 3
unasked idle-id 0 3

# wrongs FATE COUNT: so does a driver, whose module comes under the trace.
wrongs() {
	try 120 "$kc" trace --json - --only fault --device virtio-fault-pci -- sh -c \
		"insmod /lib/modules/*/extra/fault_virtio.ko fault=$1 limit_ms=500; fault_test submit 3; true"
	traced "a driver that does wrong is traced: $1"
	[ "$(buffers "\"fate\":\"$2\"")" = "$3" ]
	result $? "and its buffers are told of: $2 ($3)"
}

wrongs never-collects "in flight at the end" 3
wrongs reset withdrawn 3
wrongs bogus-avail complete 3
[ "$(buffers '"fate":"taken but not added"')" -gt 0 ]
result $? "and what it put into the ring by itself is told apart"

# A device that says that it wrote more than it was given room for is named with the buffer.
for packed in off on; do
	fault="virtio-fault-pci,fault=long-used,packed=$packed"
	try 120 "$kc" trace --json - --only fault --module fault_virtio --device "$fault" -- \
		sh -c 'fault_test submit 3; true'
	traced "a device that claims too long a length is traced, packed=$packed"
	[ "$(buffers "$complete" '"in_bytes":8,"written_bytes":4104,"overlong":true')" = 3 ] &&
		grep -q '"type":"queue".*"in_bytes":24,"written_bytes":24,"overlong":3,"excess_bytes":12288' "$out"
	result $? "and each of its buffers is told, with what is too much"
	try 120 "$kc" trace --only fault --module fault_virtio --device "$fault" -- \
		sh -c 'fault_test submit 3; true'
	grep -q 'from it 24 B of 24 B offered' "$out" &&
		grep -Eq '^  WRONG: the device says of 3 .* 12288 bytes too many; first of (head 0, position|id 0, slot) 0: 4104 bytes into 8$' "$out"
	result $? "in the table, too, as the device's doing"
done

# The messages of `hello_test sizes`: as its test.c makes them, and one of nearly all there is room for.
size=1
sizes=1
while [ $size -lt 4096 ]; do
	size=$((size + 1 + size / 4))
	sizes=$((sizes + 1))
done

# whole NAME: the buffers of `hello_test sizes`, whatever became of the CPUs.
whole() {
	traced "$1"
	[ "$(buffers "$complete")" = $sizes ] && [ "$(buffers)" = $sizes ]
	result $? "each of its $sizes buffers from its add to its collection"
	bound=$(sed -n 's/.*"bound_ns":\([0-9]*\).*/\1/p' "$out")
	[ "$bound" -gt 0 ] && [ "$bound" -lt 20000 ]
	result $? "on a clock that is known as well as without ($bound ns)"
}

# on_cpus COMMAND [OPTION...]: of CPUs that come, go, and are not all allowed.
on_cpus() {
	command=$1
	shift
	try 200 "$kc" trace --json - --smp 4 --module hello_virtio --only hello "$@" -- sh -c "$command"
}

cpu=/sys/devices/system/cpu/cpu
on_cpus "echo 0 >${cpu}1/online; taskset 8 hello_test sizes"
whole "a CPU goes offline, and the command is bound to the last one"
on_cpus "taskset 8 hello_test sizes; echo 0 >${cpu}3/online"
whole "the CPU that did it all goes offline afterwards"
on_cpus "taskset 8 hello_test sizes; for i in 0 1 2; do echo 0 >${cpu}\$i/online; done; true"
whole "only the last CPU is left (0 may stay)"
on_cpus "echo 1 >${cpu}3/online && taskset 8 hello_test sizes" --append maxcpus=2
whole "a CPU comes up under the trace, and another never does"
on_cpus "for i in 3 1 2; do echo 0 >${cpu}\$i/online; echo 1 >${cpu}\$i/online; done
	taskset 6 hello_test sizes"
whole "CPUs go and come again"
try 200 "$kc" trace --json - --smp 4 --module echo_virtio --device echo --only echo -- sh -c \
	"{ for i in 3 2 1 3 2 1; do echo 0 >${cpu}\$i/online; sleep 0.2; echo 1 >${cpu}\$i/online; done; } &
	echo_test load 2 8 4000; wait"
traced "8 threads a CPU go on while CPUs go and come"
messages=$(sed -n 's/ messages back.*//p' "$err")
[ "$(buffers "$complete")" = "$messages" ] && [ "$(buffers)" = "$messages" ]
result $? "a buffer for each of $messages messages"

try 120 "$kc" trace --only nosuch -- true
refused "a device to follow that there is not is refused, and those that there are named" 240 \
	"no virtio device 'nosuch'; there are virtio-"
try 20 "$kc" trace --buffer 512M -- true
refused "a buffer that the guest has no room for is refused" 240 "do not fit into the guest's memory"
# A debug kernel leaves no room for them in the default.
sizes_of() {
	"$kc" "$@" --debug-kernel --dry-run -- true 2>/dev/null | grep -o -e ' -m [0-9]*M' | paste -sd' '
}
[ "$(sizes_of run; sizes_of trace; sizes_of trace --memory 256M)" = " -m 256M
 -m 512M
 -m 256M" ]
result $? "with the debug kernel a guest to be traced has more memory, where none was said"
if [ "${SOAK:-}" ]; then
	try 400 "$kc" trace --debug-kernel --json - --module hello_virtio --only hello -- hello_test sizes
	traced "and its buffers are traced there"
else
	skip "and its buffers are traced there" "make soak boots it"
fi
try 20 "$kc" trace --queue x -- true
refused "a queue that is no number is refused" 240 "not the number of a queue"

done_testing
