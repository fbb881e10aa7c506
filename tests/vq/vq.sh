#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kc vq: names each fault that is planted in a device or a driver, and accuses
# no healthy load. All faults of a kind are planted in one VM, a device each.
# shellcheck disable=SC2016 # what the guest is to expand
. "$(dirname "$0")/../lib.sh"

vm=
trap 'stop_vm; rm -rf "$work"' EXIT

# start_vm WORDS OPTION...: until what the guest prints has WORDS.
start_vm() {
	words=$1
	shift
	# Not only by the shell in the background: what the last VM said is not this one's.
	: >"$work/vm.out"
	"$kc" run --cold "$@" >"$work/vm.out" 2>"$work/vm.err" </dev/null &
	vm=$!
	for _ in $(seq 1200); do
		grep -q "$words" "$work/vm.out" && return
		kill -0 $vm 2>/dev/null || break
		sleep 0.1
	done
	cat "$work/vm.out" "$work/vm.err" >"$err"
	result 1 "a VM that says '$words': $*"
	stop_vm
	return 1
}

stop_vm() {
	[ -z "$vm" ] || { kill $vm; wait $vm; } 2>/dev/null
	vm=
}

# looks DEVICE...: what `kc vq` says of each alone, and its status, in look.DEVICE.
looks() {
	printf '%s\n' "$@" | xargs -P 4 -I DEVICE sh -c \
		'timeout 120 "$0" vq --still 1 --device DEVICE "$1" >"$2/look.DEVICE" 2>&1 </dev/null
		echo "status $?" >>"$2/look.DEVICE"' "$kc" $vm "$work"
}

# codes DEVICE: whatever is WRONG with it, in one line.
codes() {
	sed -n 's/^ *WRONG \([a-z-]*\):.*/\1/p' "$work/look.$1" | sort -u | paste -sd ' '
}

# finds DEVICE CODES NAME: these and no other, and the status that says so.
finds() {
	cp "$work/look.$1" "$out"
	tail -n 4 "$work/vm.err" >"$err"
	found=$(codes "$1")
	wanted=$([ "$2" = nothing ] || echo "$2")
	[ "$found" = "$wanted" ] && grep -q "^status $([ -z "$wanted" ]; echo $?)$" "$out"
	result $? "$3: $2${found:+ (found: $found)}"
}

# What is to be found, all of it; behind a slash, where a packed ring tells more.
# Too short a length is for the driver to judge: what its kernel says is quoted.
device_faults='none nothing
never-pops never-popped
pops-one not-looked-again
never-completes never-completed
no-flush not-flushed
drops lost
late nothing
no-interrupt no-interrupt
wrong-vector wrong-vector
no-vector no-vector
bad-id used-id
idle-id used-id
long-used used-length
short-used nothing
twice completed-twice used-id
needs-reset needs-reset
resets-itself reset
no-notify kick-suppressed
event-behind kick-event-index
event-ahead kick-event-index'

driver_faults='none nothing
no-kick never-kicked
kick-only nothing
never-collects not-collected
queue-full not-collected queue-full
callbacks-off callbacks-off
no-reenable callbacks-off
masked-vector interrupt-not-taken
disabled-irq interrupt-not-taken
event-behind interrupt-event-index
reset reset
bad-address needs-reset / bad-chain needs-reset
zero-length needs-reset / bad-chain needs-reset
long-chain needs-reset
bogus-avail used-id
loop needs-reset'

# Submits thrice to every device, all at once: 1, 2 and 1 requests.
submit='echo 1000 >/sys/module/fault_virtio/parameters/limit_ms
for d in /sys/bus/virtio/drivers/fault_virtio/virtio*; do
	{ echo 1 >$d/submit; echo 2 >$d/submit; echo 1 >$d/submit; } 2>/dev/null &
done
wait
echo ready
sleep 3600'

# check_device_faults TRANSPORT pci|device PROPERTIES SKIPPED: a device for each fault
check_device_faults() {
	transport=$1 bus=$2 ring=$3 skipped=$4
	set -- --transport "$transport" --module fault_virtio
	for fault in $(echo "$device_faults" | cut -d' ' -f1); do
		case " $skipped " in *" $fault "*) continue ;; esac
		set -- "$@" --device "virtio-fault-$bus,id=$fault,fault=$fault,delay-ms=4000$ring"
	done
	start_vm ready "$@" -- sh -c "$submit" || return
	check_findings "$device_faults" "$skipped" "device, $transport$ring"
	stop_vm
}

# Each device's driver gets its fault with a new probe.
bind='cd /sys/bus/virtio/drivers/fault_virtio
n=0
for fault in $FAULTS; do
	until [ -e virtio$n ]; do n=$((n + 1)); done
	echo $fault >/sys/module/fault_virtio/parameters/fault
	echo virtio$n >unbind
	echo virtio$n >bind
	n=$((n + 1))
done
'

check_driver_faults() {
	transport=$1 bus=$2 ring=$3 skipped=$4 list=
	set -- --transport "$transport" --module fault_virtio
	for fault in $(echo "$driver_faults" | cut -d' ' -f1); do
		case " $skipped " in *" $fault "*) continue ;; esac
		list="$list $fault"
		set -- "$@" --device "virtio-fault-$bus,id=$fault$ring"
	done
	start_vm ready "$@" --env "FAULTS=$list" -- sh -c "$bind$submit" || return
	check_findings "$driver_faults" "$skipped" "driver, $transport$ring"
	stop_vm
}

check_findings() {
	echo "$1" | grep -vE "^($(echo "${2:-no such fault}" | tr ' ' '|')) " >"$work/faults"
	# shellcheck disable=SC2046 # a word a device
	looks $(cut -d ' ' -f 1 "$work/faults")
	while read -r fault expected; do
		case $3 in *packed=on*) expected=${expected#* / } ;; esac
		finds "$fault" "${expected% / *}" "$3: $fault"
	done <"$work/faults"
}

# MSI-X has no vector to be wrong over mmio, and a packed ring has no index and
# no links. What needs more than a VM has slots for is tried over PCI. Each fault
# is planted at least once without SOAK=1, in a split and in a packed ring.
check_device_faults pci pci "" ""
check_device_faults mmio device ,packed=on "wrong-vector no-vector event-ahead late"
check_driver_faults pci pci ,event_idx=off,indirect_desc=off "event-behind long-chain bad-address"
check_driver_faults mmio device ,packed=on "bogus-avail loop"
if [ "${SOAK:-}" ]; then
	check_device_faults pci pci ,packed=on ""
	check_device_faults pci pci ,event_idx=off,indirect_desc=off "event-behind event-ahead"
	check_device_faults mmio device "" "wrong-vector no-vector event-ahead late"
	check_driver_faults pci pci "" ""
	check_driver_faults pci pci ,packed=on "bogus-avail loop"
	check_driver_faults mmio device "" ""
else
	skip "faults in other rings" "SOAK=1 plants them: packed over PCI, split over mmio, with and without event index"
fi

# What anyone in the guest prints accuses nobody, and excuses nobody.
words='for n in 1 2 3 4; do
	echo "fault_virtio virtio$n: refused: bad used length, too short, 8 expected"
	echo "fault_virtio virtio$n: requests:id 64 out of range"
done >/dev/console
echo "fault_virtio virtio2: short, corrupt, invalid" >/dev/kmsg
echo "Kernel panic - not syncing: words" >/dev/console
'
start_vm ready --module fault_virtio --device virtio-fault-pci,id=healthy \
	--device virtio-fault-pci,id=stuck,fault=never-pops \
	--device virtio-fault-pci,id=short,fault=short-used -- sh -c "$words$submit" && {
	looks healthy stuck short
	finds healthy nothing "words on the console"
	grep -q 'unknown said:' "$out" &&
		grep -q 'where anyone in the guest can print: .*virtio[0-9]: requests:id 64 out of range' "$out"
	result $? "they are quoted, as what they are"
	! grep -q 'its kernel warned: .*corrupt' "$out"
	result $? "and what is in the kernel's log by another is none of its warnings"
	finds stuck never-popped "words of a panic"
	finds short nothing "a length that its driver refused"
	grep -q 'its kernel warned: .*virtio[0-9]*: submission failed (-5)' "$out"
	result $? "and the kernel's own warning is quoted"
	stop_vm
}

# Receive buffers that wait for packets are no fault; those that never come back are one.
net='for at in /sys/class/net/eth*; do
	ip addr add 10.0.${at##*eth}.1/24 dev ${at##*/} && ip link set ${at##*/} up
	ping -c 3 -W 1 10.0.${at##*eth}.2 >/dev/null 2>&1
done
echo ready
sleep 3600'
start_vm ready --transport mmio --no-device --module craft_net --append initcall_blacklist=virtio_net_driver_init \
	--device virtio-net-liar-device,id=good,lie=none \
	--device virtio-net-liar-device,id=stuck,lie=swallows -- sh -c "$net" && {
	looks good stuck
	finds good nothing "buffers that wait for packets"
	finds stuck "lost queue-full" "receive buffers that the device swallowed"
	grep -q 'queue 0' "$out"
	result $? "and it is the receive queue"
	stop_vm
}

# Ours, with packets on their way from one of its NICs to the other, and at rest
load='cd /sys/bus/virtio/drivers/virtio_net
for nic in virtio*; do
	echo "$nic" >unbind && echo "$nic" >../craft_net/bind
done
cd /
{ net_test speed packets 15 >&2; echo idle; } &
sleep 2
echo ready
sleep 3600'
check_net() {
	start_vm ready --smp 2 --no-device --module craft_net --net "loop,device=craft-net-pci$1" -- sh -c "$load" ||
		return
	for words in ready ready idle; do
		await 120 grep -q $words "$work/vm.out"
		try 120 "$kc" vq $vm
		[ $status = 0 ] && grep -q receive.0 "$out" && grep -q '^nothing wrong' "$out"
		result $? "our network device and driver$1, $words: nobody is accused"
	done
	stop_vm
}
check_net ,packed=on
check_net ,mrg_rxbuf=off

# Healthy loads of every kind at once, then the same devices idle.
mkdir "$work/share"
head -c 1000000 /dev/urandom >"$work/share/file"
load='mount -t 9p -o trans=virtio host /mnt
ip link set eth0 up && udhcpc -n -q -i eth0 >/dev/null
for job in "echo_test load $SECONDS_LONG 8 4000" "ping -i 0.01 -w $SECONDS_LONG 10.0.2.2" \
	"timeout $SECONDS_LONG dd if=/dev/vda of=/dev/null bs=64k iflag=direct" \
	"timeout $SECONDS_LONG dd if=/dev/vdb of=/dev/null bs=4k" \
	"timeout $SECONDS_LONG sh -c \"while md5sum /mnt/file; do :; done\"" \
	"timeout $SECONDS_LONG dd if=/dev/hwrng of=/dev/null bs=64" \
	"timeout $SECONDS_LONG sh -c \"while seq 20; do :; done\""; do
	sh -c "$job" 2>/dev/null &
done
echo ready
wait
echo idle
sleep 3600'

check_loads() {
	transport=$1 bus=$2 ring=$3
	start_vm ready --transport "$transport" --smp 2 --module echo_virtio \
		--env SECONDS_LONG=25 --qemu-args "-drive if=none,id=d,driver=null-co,size=1G
			-drive if=none,id=e,driver=null-co,size=1G,latency-ns=3000000
			-netdev user,id=n
			-fsdev local,id=f,path=$work/share,security_model=none" \
		--device "virtio-echo-$bus,id=echo0$ring" \
		--device "virtio-blk-$bus,drive=d$ring" --device "virtio-blk-$bus,drive=e$ring" \
		--device "virtio-net-$bus,netdev=n$ring" \
		--device "virtio-9p-$bus,fsdev=f,mount_tag=host$ring" -- sh -c "$load" || return
	for round in 1 2 3; do
		sleep 2
		try 120 "$kc" vq $vm
		[ $status = 0 ] && ! grep -A8 WRONG "$out" >"$err" && grep -q '^nothing wrong' "$out"
		result $? "loads, $transport$ring: nobody is accused, look $round"
	done
	for _ in $(seq 600); do
		grep -q idle "$work/vm.out" && break
		sleep 0.1
	done
	try 120 "$kc" vq $vm
	[ $status = 0 ] && ! grep -A8 WRONG "$out" >"$err" && grep -q '^nothing wrong' "$out"
	result $? "idle, $transport$ring: nobody is accused"
	stop_vm
}

check_loads pci pci ,packed=on
check_loads mmio device ""
[ -z "${SOAK:-}" ] || check_loads pci pci ""

done_testing
