#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kc trace: every buffer of every kind of device, counted by someone else, too.
# shellcheck disable=SC2016 # what the guest is to expand
. "$(dirname "$0")/lib.sh"

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

# What the help tells of as words.
fates_and_stages() {
	sed -n '1s/.*"fates":{\([^}]*\)}.*"stages":{\(.*\)}}$/\1,\2/p' "$out" |
		grep -o '"[a-z_]*":' | tr -d '":' | grep -v '^max\|^buffers'
}

head -c 4194304 /dev/zero >"$work/disk"
disk="-drive if=none,id=d,file=$work/disk,format=raw"
count_reads='before=$(cut -c1-9 /sys/block/vda/stat)
	dd if=/dev/vda of=/dev/null bs=64k iflag=direct 2>/dev/null ||
		dd if=/dev/vda of=/dev/null bs=64k
	echo reads $(($(cut -c1-9 /sys/block/vda/stat) - before))'

for packed in off on; do
	try 120 "$kc" trace --json --no-device --qemu-args "$disk" \
		--device "virtio-blk-pci,drive=d,packed=$packed" --device blk -- sh -c "$count_reads"
	traced "virtio-blk is traced, packed=$packed"
	reads=$(sed -n 's/^reads //p' "$err")
	[ -n "$reads" ] && [ "$(buffers)" = "$reads" ] && [ "$(buffers "$complete")" = "$reads" ]
	result $? "as many buffers as the guest counts reads ($reads)"
	ordered "each from its add to its collection, in this order"
	"$kc" trace --help | tr -c 'a-z0-9_' '\n' | sort -u >"$work/told"
	grep -o '"[a-z0-9_]*":' "$out" | tr -d '":' | sort -u | grep -vxF "$(fates_and_stages)" |
		comm -23 - "$work/told" >"$work/untold"
	[ ! -s "$work/untold" ]
	result $? "each name in the JSON is told of in the help"
	[ "$(sed -n 's/.*"type":"trace".*"written_bytes":\([0-9]*\).*/\1/p' "$out")" = \
		$((4194304 + reads)) ]
	result $? "as many bytes as the disk has, and a status for each"
done

for packed in off on; do
	try 200 "$kc" trace --json --smp 4 --memory 512M --buffer 128M --module hello_virtio \
		--device "virtio-hello-pci,packed=$packed" --device hello -- hello_test load 2 64 4000
	traced "64 threads on 4 CPUs are traced, packed=$packed"
	messages=$(sed -n 's/ messages back.*//p' "$err")
	[ "$(buffers "$complete")" = "$messages" ] && [ "$(buffers)" = "$messages" ]
	result $? "a buffer for each of $messages messages"
	ordered "each in order, whichever CPU it was on"
done

try 200 "$kc" trace --json --smp 2 --buffer 1M --module hello_virtio --device hello -- \
	hello_test stream 12000 64
lost=$(sed -n 's/.*"lost":{"driver_events":\([0-9]*\).*/\1/p' "$out")
[ $status = 0 ] && [ "$lost" -gt 0 ]
result $? "a buffer that is too small loses events, and this is told ($lost)"
[ "$(buffers)" = 12000 ] && [ "$(buffers '"fate":"touched')" -gt 0 ] &&
	[ $(($(buffers "$complete") + $(buffers '"fate":"touched'))) = 12000 ]
result $? "each of 12000 messages is accounted for all the same"
ordered "what is complete is in order"

# A machine's first run maps all of the guest's memory, to keep it; later ones do not.
"$kc" trace --module hello_virtio --device hello -- true >/dev/null 2>&1
try 200 "$kc" trace --json --verbose --buffer 1M --module hello_virtio --device hello -- \
	hello_test stream 120000 64
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
try 120 "$kc" trace --json --no-device --qemu-args '-netdev user,id=n' \
	--device virtio-net-pci,netdev=n --device net -- sh -c "$count_packets"
traced "virtio-net is traced"
packets=$(sed -n 's/^packets //p' "$err")
[ "$(buffers '"queue":0' "$complete") $(buffers '"queue":1' "$complete")" = "$packets" ]
result $? "as many buffers as the guest counts packets ($packets)"
[ "$(sed -n 's/.*"queue":\([0-9]*\),"name":"\([a-z0-9]*\)",.*/\1 \2/p' "$out" | paste -sd,)" = \
	"0 receiveq1,1 transmitq1,2 controlq" ]
result $? "on queues that have the specification's names"

mkdir "$work/share"
head -c 300000 /dev/urandom >"$work/share/file"
try 120 "$kc" trace --json --no-device --qemu-args \
	"-fsdev local,id=f,path=$work/share,security_model=none -device virtio-9p-pci,fsdev=f,mount_tag=t" \
	--device 9p -- sh -c 'mount -t 9p -o trans=virtio t /mnt && md5sum </mnt/file && umount /mnt'
traced "virtio-9p is traced"
[ "$(buffers "$complete")" -gt 5 ] &&
	[ "$(sed -n 's/.*"type":"trace".*"written_bytes":\([0-9]*\).*/\1/p' "$out")" -gt 300000 ]
result $? "the file's bytes went through it"

try 120 "$kc" trace --json --no-device --transport mmio --device rng -- \
	dd if=/dev/hwrng of=/dev/null bs=64 count=20
traced "virtio-rng over mmio is traced"
[ "$(buffers "$complete")" -ge 20 ]
result $? "a buffer for each 64 bytes, at the least"

try 120 "$kc" trace --module hello_virtio --device hello --perfetto "$work/trace.pftrace" -- \
	sh -c 'lsmod | grep -q ^kc_probes || exit 9; hello_test latency 10 64; exit 3'
[ $status = 3 ] && grep -q '10 buffers: 10 complete' "$out" && grep -q '^No event was lost' "$out"
result $? "the command's own status, and a table on stdout"
[ "$(grep -ao 'virtio-hello virtio[0-9]*' "$work/trace.pftrace" | wc -l)" = 1 ] &&
	grep -aq 'waiting for the kick' "$work/trace.pftrace"
result $? "a file for Perfetto, which names each device once (unit-trace-perfetto reads it all)"

for option in --html --perfetto; do
	for file in /nowhere/file "$work"; do
		try 10 "$kc" trace $option "$file" -- true
		refused "$option $file is refused before anything runs" 248 "$file"
	done
done

# A lab without our module for the kernel that it boots.
mkdir -p "$work/lab/build/lab/modules"
ln -s "$root"/build/lab/* "$work/lab/build/lab/" 2>/dev/null
ln -s "$root"/build/lab/modules/hello_virtio.ko "$work/lab/build/lab/modules/"
for packed in off on; do
	KC_ROOT=$work/lab try 200 "$kc" trace --json --smp 2 --module hello_virtio \
		--device "virtio-hello-pci,packed=$packed" --device hello -- \
		sh -c '! lsmod | grep kc_probes && hello_test load 2 16 500'
	traced "the kernel's own probe events do without our module, packed=$packed"
	messages=$(sed -n 's/ messages back.*//p' "$err")
	[ "$(buffers "$complete")" = "$messages" ] && [ "$(buffers)" = "$messages" ]
	result $? "a buffer for each of $messages messages"
	ordered "each in order, by those"
done

# The module comes and goes under the tracer.
try 120 "$kc" trace --json --device hello -- sh -c \
	'for i in 1 2 3; do insmod /lib/modules/*/extra/hello_virtio.ko; hello_test latency 10 64
	rmmod hello_virtio; done'
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
try 120 "$kc" trace --json --qemu-args "$monitor" --module hello_virtio \
	--device hello -- sh -c 'hello_test latency 20 64; echo ready; sleep 2; hello_test latency 20 64'
wait
traced "a machine that stands still meanwhile is traced"
[ "$(buffers "$complete")" = 40 ] &&
	[ "$(sed -n 's/.*"pieces":\([0-9]*\).*/\1/p' "$out")" -gt 1 ] &&
	[ "$(sed -n 's/.*"jump_ns":\([0-9]*\).*/\1/p' "$out")" -gt 900000000 ]
result $? "its clocks are several lines, and how far they are apart is told"
ordered "each buffer in order before and after"

# Two devices, one after the other, to which the guest gives the same number.
hello='"driver":"virtio-hello-pci","bus":"hotplug0"'
: >"$err"
{
	when one qmp device_add "{$hello,\"id\":\"one\"}"
	when none qmp device_del '{"id":"one"}'
	when two qmp device_add "{$hello,\"id\":\"two\"}"
} &
try 120 "$kc" trace --json --qemu-args "$monitor" --no-device --module hello_virtio -- sh -c '
	echo one; until [ -e /dev/hello0 ]; do sleep 0.2; done; hello_test latency 10 64
	echo none; while [ -e /dev/hello0 ]; do sleep 0.2; done
	echo two; until [ -e /dev/hello0 ]; do sleep 0.2; done; hello_test latency 20 64'
wait
traced "devices that are plugged and unplugged meanwhile are traced"
[ "$(sed -n 's|.*"guest_name":"virtio2".*peripheral/\([a-z]*\)/.*"queue":0.*"complete":\([0-9]*\),.*|\1 \2|p' "$out" |
	paste -sd,)" = "one 10,two 20" ]
result $? "what each of two with the same name moved"

# Its process cannot even be killed: it waits for a disk that takes hours.
try 120 "$kc" trace --json --descriptors --timeout 30 --no-device \
	--qemu-args "$disk,throttling.bps-total=1,throttling.bps-total-max=65536" --device virtio-blk-pci,drive=d --device blk -- \
	dd if=/dev/vda of=/dev/null bs=64k count=4 iflag=direct
[ $status = 246 ] && [ "$(buffers '"fate":"in flight at the end"' '"filled_ns":null')" = 1 ]
result $? "a command that hangs is judged as kc run does, and what it waits for is shown"
[ "$(buffers '"chain":[{"index":')" -ge 1 ] && [ "$(buffers '"chain":[{"index":')" = "$(buffers)" ]
result $? "with each descriptor where it lies"

try 120 "$kc" trace --json --put "$root/build/lab/modules/kc_fault.ko" --device hello \
	--module hello_virtio -- sh -c 'insmod kc_fault.ko how=warn; hello_test latency 10 64'
[ $status = 245 ] && [ "$(buffers "$complete")" = 10 ] &&
	grep -q 'the guest kernel complained: WARNING' "$err"
result $? "a command under which the kernel warns is judged as kc run does, and traced"

# unasked FAULT COMPLETE COUNT: what the device gives back and had not taken is no buffer.
unasked() {
	try 120 "$kc" trace --json --device fault --module fault_virtio \
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
	try 120 "$kc" trace --json --device fault --device virtio-fault-pci -- sh -c \
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

try 120 "$kc" trace --device nosuch --only blk -- true
[ $status != 0 ] && [ -s "$err" ]
result $? "a device that there is not is refused"
try 20 "$kc" trace --buffer 512M -- true
refused "a buffer that the guest has no room for is refused" 240 "do not fit into the guest's memory"
try 20 "$kc" trace --queue x -- true
refused "a queue that is no number is refused" 240 "not the number of a queue"

done_testing
