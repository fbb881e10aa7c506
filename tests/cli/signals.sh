#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# One signal ends each command within ten seconds, whatever state its guest is
# in, with 128 + n, and no QEMU is left. A command in the guest gets its chance.
# shellcheck disable=SC2016 # what the guest is to expand
. "$(dirname "$0")/../lib.sh"

cd "$root" || exit 1
mkfifo "$work/stuck"

# What the one before said is not taken for what this one says.
begin() {
	: >"$out"
	: >"$err"
	"$@" >"$out" 2>"$err" </dev/null &
	pid=$!
}
said() {
	grep -q "$1" "$out" "$err"
}
no_qemus() {
	[ -z "$(qemus)" ]
}
qemu_runs() {
	[ -n "$(qemus)" ]
}
# Of the guest's that this file has running
stop_qemu() {
	for environ in $(qemus); do
		kill -STOP "$(basename "${environ%/environ}")"
	done
}

# ends NAME SIGNAL STATUS: sent just once.
ends() {
	name=$1
	now=$(date +%s%N)
	kill "-$2" $pid
	wait $pid
	status=$?
	took=$((($(date +%s%N) - now) / 1000000))
	echo "# $name: $took ms"
	[ $status = "$3" ] && [ $took -lt 10000 ] && await 2 no_qemus
	result $? "$name"
	for environ in $(qemus); do
		kill -KILL "$(basename "${environ%/environ}")"
	done
}

try 120 "$kc" run -- true

# What the command makes of it counts.
begin "$kc" run -- sh -c 'trap "echo bye; exit 7" TERM; echo up; while :; do sleep 1; done'
await 60 said up
ends "a command that takes the signal keeps its status" TERM 7
grep -q bye "$out"
result $? "and what it says then"
begin "$kc" run -- sh -c 'echo up; exec sleep 100'
await 60 said up
ends "a command that dies of it" TERM 143

for signal in TERM:143 INT:130 HUP:129 QUIT:131; do
	begin "$kc" run -- sh -c 'trap "" TERM INT HUP QUIT; echo up; sleep 100'
	await 60 said up
	ends "a command that ignores SIG${signal%:*}" "${signal%:*}" "${signal#*:}"
done
said 'did not end within'
result $? "it is told so"

begin "$kc" run -- sh -c 'trap "" TERM; echo up; sleep 100'
await 60 said up
(sleep 1 && kill -TERM $pid) &
ends "a second signal does not wait for it" TERM 143
[ $took -lt 3500 ]
result $? "in less time"

begin "$kc" run -- sh -c 'echo up; sleep 1; killall -STOP kc-agent; sleep 100'
await 60 said up
sleep 4
ends "an agent that does not answer" TERM 143

begin "$kc" run --put build/lab/modules/kc_fault.ko --append log_buf_len=1M -- \
	sh -c 'echo up; sleep 1; exec insmod kc_fault.ko how=irqs-off-spin'
await 60 said up
sleep 3
ends "a guest that hangs with interrupts off" TERM 143

begin "$kc" run -- sh -c 'echo up; sleep 100'
await 60 said up
stop_qemu
ends "a QEMU that is stopped" TERM 143

begin "$kc" run --cold --qemu-args -S -- true
await 60 qemu_runs
sleep 1
ends "a guest that does not boot" TERM 143

# It boots and is saved by one QEMU, and loaded by another that does nothing.
cat >"$work/qemu" <<END_QEMU
#!/bin/sh
case " \$* " in *" -incoming "*) echo >"$work/loads" && kill -STOP \$\$ ;; esac
exec "$root/build/lab/qemu-system-x86_64" "\$@"
END_QEMU
chmod +x "$work/qemu"
begin "$kc" run --qemu "$work/qemu" -- sleep 100
await 100 test -e "$work/loads"
sleep 1
ends "a saved machine that is not loaded" TERM 143

truncate -s 1M "$work/d.raw"
printf '[inject-error]\nevent = "write_aio"\nerrno = "28"\n' >"$work/full"
begin "$kc" run --on-io-error retry --device virtio-blk-pci,drive=d --qemu-args \
	"-drive if=none,id=d,file=blkdebug:$work/full:$work/d.raw,format=raw,werror=stop" -- \
	dd if=/dev/zero of=/dev/vda bs=4k count=1 conv=fsync
await 60 said 'no space'
ends "a machine that QEMU stopped" TERM 143

begin "$kc" trace -- sh -c 'trap "" TERM; echo up; sleep 100'
await 60 said up
ends "kc trace" TERM 143

printf 'echo typed\n' >"$work/typed"
: >"$out"
: >"$err"
"$kc" boot <"$work/typed" >"$out" 2>"$err" &
pid=$!
await 60 said typed
ends "kc boot" HUP 129
: >"$out"
: >"$err"
"$kc" boot <"$work/typed" >"$out" 2>"$err" &
pid=$!
await 60 said typed
stop_qemu
ends "kc boot of a QEMU that is stopped" TERM 143

mkdir "$work/tests"
printf '[sleeps]\ncommand = sleep 100\nkernel = normal\n' >"$work/tests/tests.ini"
begin "$kc" test "$work/tests"
await 60 qemu_runs
sleep 2
ends "kc test" QUIT 131

if gdb --version >/dev/null 2>&1; then
	echo 'shell sleep 100' >"$work/gdb"
	begin "$kc" debug driver --batch --script "$work/gdb" -- sleep 100
	await 60 qemu_runs
	sleep 6
	ends "a guest that a debugger has stopped" TERM 143
	begin "$kc" debug device --batch --script "$work/gdb" -- sleep 100
	await 60 qemu_runs
	sleep 6
	ends "a QEMU that a debugger has stopped" TERM 143
else
	skip "a debugger" "there is no gdb"
fi

# Who looks into a VM of another's waits, too.
"$kc" run -- sh -c 'echo up; sleep 200' >"$work/vm" 2>&1 &
vm=$!
await 60 grep -q up "$work/vm"
begin "$kc" vq --watch $vm
await 20 said virtio
now=$(date +%s)
kill -TERM $pid
wait $pid
status=$?
[ $status = 143 ] && [ $(($(date +%s) - now)) -lt 10 ]
result $? "kc vq --watch"
kill -STOP $vm
begin "$kc" vq $vm
sleep 2
now=$(date +%s)
kill -TERM $pid
wait $pid
status=$?
[ $status = 143 ] && [ $(($(date +%s) - now)) -lt 10 ]
result $? "kc vq where the other kc is stopped"
kill -CONT $vm
kill -TERM $vm
wait $vm

# A reader that has stopped reading, and one that is gone.
exec 3<>"$work/stuck"
"$kc" run -- cat /dev/zero 2>"$err" >"$work/stuck" &
pid=$!
await 60 qemu_runs
sleep 3
ends "an output that nobody reads" TERM 143

now=$(date +%s)
{
	timeout 60 "$kc" run -- sh -c 'trap "" PIPE; while echo y; do :; done; sleep 100'
	echo $? >"$work/status"
} 2>"$err" | head -n 1 >"$out"
status=$(cat "$work/status")
[ "$status" = 141 ] && [ $(($(date +%s) - now)) -lt 30 ]
result $? "a reader that is gone ends a command that does not mind"
expect "no QEMU is left" await 10 no_qemus
done_testing
