#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kc vq: names each fault that is planted in a device or a driver, and accuses
# no healthy load. All faults of a kind are planted in one VM, a device each.
# shellcheck disable=SC2016 # what the guest is to expand
. "$(dirname "$0")/lib.sh"

vm=
trap 'stop_vm; rm -rf "$work"' EXIT

# start_vm WORDS OPTION...: until what the guest prints has WORDS.
start_vm() {
	words=$1
	shift
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

# codes DEVICE: what the last `kc vq` found of it, in one line.
codes() {
	awk -v device="$1" '
		/^[^ ]/ { ours = $1 == device }
		ours && $1 == "WRONG" { sub(":", "", $2); if (!seen[$2]++) out = out " " $2 }
		END { print out ? substr(out, 2) : "nothing" }' "$out"
}

# names DEVICE CODE NAME: CODE is among them.
names() {
	found=$(codes "$1")
	case " $found " in
	*" $2"*) result 0 "$3: $2" ;;
	*) result 1 "$3: $2, not $found" ;;
	esac
}

# What is to be found, or the beginning of it.
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
short-used used-length
twice completed-twice
needs-reset needs-reset
resets-itself reset
no-notify kick-suppressed
event-behind kick-event-index
event-ahead kick-event-index'

driver_faults='none nothing
no-kick never-kicked
kick-only nothing
never-collects not-collected
queue-full queue-full
callbacks-off callbacks-off
no-reenable callbacks-off
masked-vector interrupt-not-taken
disabled-irq interrupt-not-taken
event-behind interrupt-event-index
reset reset
bad-address needs-reset
zero-length needs-reset
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
sleep 200'

# check_device_faults TRANSPORT pci|device PROPERTIES SKIPPED: a device for each fault
check_device_faults() {
	transport=$1 bus=$2 ring=$3 skipped=$4
	set -- --transport "$transport" --module fault_virtio
	for fault in $(echo "$device_faults" | cut -d' ' -f1); do
		case " $skipped " in *" $fault "*) continue ;; esac
		set -- "$@" --device "virtio-fault-$bus,id=$fault,fault=$fault,delay-ms=4000$ring"
	done
	start_vm ready "$@" -- sh -c "$submit" || return
	try 120 "$kc" vq --still 1 $vm
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
	try 120 "$kc" vq --still 1 $vm
	check_findings "$driver_faults" "$skipped" "driver, $transport$ring"
	stop_vm
}

check_findings() {
	echo "$1" >"$work/faults"
	while read -r fault code; do
		case " $2 " in *" $fault "*) continue ;; esac
		names "$fault" "$code" "$3: $fault"
	done <"$work/faults"
}

# MSI-X has no vector to be wrong over mmio, and a packed ring has no index and
# no links. What needs more than a VM has slots for is tried over PCI.
check_device_faults pci pci "" ""
check_device_faults pci pci ,packed=on ""
check_device_faults pci pci ,event_idx=off,indirect_desc=off "event-behind event-ahead"
check_device_faults mmio device "" "wrong-vector no-vector event-ahead late"
check_device_faults mmio device ,packed=on "wrong-vector no-vector event-ahead late"
check_driver_faults pci pci "" ""
check_driver_faults pci pci ,packed=on "bogus-avail loop"
check_driver_faults pci pci ,event_idx=off,indirect_desc=off "event-behind long-chain bad-address"
check_driver_faults mmio device "" ""
check_driver_faults mmio device ,packed=on "bogus-avail loop"

# Healthy loads of every kind at once, then the same devices idle.
mkdir "$work/share"
head -c 1000000 /dev/urandom >"$work/share/file"
load='mount -t 9p -o trans=virtio host /mnt
ip link set eth0 up && udhcpc -n -q -i eth0 >/dev/null
for job in "hello_test load $SECONDS_LONG 8 4000" "ping -i 0.01 -w $SECONDS_LONG 10.0.2.2" \
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
sleep 100'

check_loads() {
	transport=$1 bus=$2 ring=$3
	start_vm ready --transport "$transport" --smp 2 --module hello_virtio \
		--env SECONDS_LONG=25 --qemu-args "-drive if=none,id=d,driver=null-co,size=1G
			-drive if=none,id=e,driver=null-co,size=1G,latency-ns=3000000
			-netdev user,id=n
			-fsdev local,id=f,path=$work/share,security_model=none" \
		--device "virtio-hello-$bus,id=hello0$ring" \
		--device "virtio-blk-$bus,drive=d$ring" --device "virtio-blk-$bus,drive=e$ring" \
		--device "virtio-net-$bus,netdev=n$ring" \
		--device "virtio-9p-$bus,fsdev=f,mount_tag=host$ring" -- sh -c "$load" || return
	for round in 1 2 3; do
		sleep 2
		try 120 "$kc" vq $vm
		! grep -A8 WRONG "$out" >"$err" && grep -q '^nothing wrong' "$out"
		result $? "loads, $transport$ring: nobody is accused, look $round"
	done
	for _ in $(seq 600); do
		grep -q idle "$work/vm.out" && break
		sleep 0.1
	done
	try 120 "$kc" vq $vm
	! grep -A8 WRONG "$out" >"$err" && grep -q '^nothing wrong' "$out"
	result $? "idle, $transport$ring: nobody is accused"
	stop_vm
}

check_loads pci pci ""
check_loads pci pci ,packed=on
check_loads mmio device ""

done_testing
