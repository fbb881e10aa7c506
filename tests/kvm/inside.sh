#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What a user does with the lab, on a host where KVM works; kvm.sh brings one.
. "$(dirname "$0")/../lib.sh"

# Nothing kept from elsewhere: the first run boots, the second resumes.
KC_CACHE_LIMIT=1G
export KC_CACHE_LIMIT

# What boots anew gets more time where the processor is emulated, and shared with others.
slow=
[ -z "${KC_EMULATED_HOST:-}" ] || slow="--boot-timeout 250"

patience=300

# runs NAME STATUS COMMAND...: kc ends with it
runs() {
	name=$1
	want=$2
	shift 2
	try "$patience" "$kc" "$@"
	[ "$status" = "$want" ]
	result $? "$name"
}

# passes TEST...: each of kc test's
passes() {
	for test; do
		runs "kc test $test" 0 test "$test" --kernel normal -j 1
	done
}

try 60 "$kc" doctor
grep -q 'accelerator.*KVM.*trial' "$out"
result $? "kc doctor: a trial guest ran under KVM"

runs "a first run boots" 0 run -- uname -r
"$kc" run --dry-run 2>/dev/null | grep -q -e '-accel kvm'
result $? "under KVM, as nothing else was asked for"
runs "a second run" 0 run --phases -- cat /proc/cpuinfo
grep -q hypervisor "$out" && grep -q 'QEMU and restore' "$err"
result $? "resumes, on a CPU that knows of its hypervisor"

# A permission that is missing is said, and forgotten once it is there.
if [ "$(id -u)" = 0 ] && stat -c %a /dev/kvm | grep -q '0$'; then
	try 60 setpriv --reuid=65534 --regid=65534 --clear-groups "$kc" doctor
	grep -q 'TCG (no permission for /dev/kvm' "$out"
	result $? "without permission: emulated, and why"
	"$kc" run --dry-run 2>/dev/null | grep -q -e '-accel kvm'
	result $? "with permission again: KVM"
else
	skip "no permission for /dev/kvm" "everybody may open it here, or none can be taken"
fi

passes hello/split hello/mmio
# shellcheck disable=SC2086 # words
runs "both sides of a queue on one timeline" 0 trace $slow --only hello --module hello_virtio --json "$work/trace.json" -- hello_test sizes
/usr/bin/python3 -c 'import json, sys
trace = json.loads(open(sys.argv[1]).readline())
sys.exit(trace["buffers"] == 0 or trace["fates"].get("complete") != trace["buffers"])' "$work/trace.json"
result $? "each buffer is whole"

"$kc" run --module hello_virtio -- sh -c 'hello_test probe; sleep 100' >"$work/vm.out" 2>&1 &
vm=$!
await 60 grep -q '^1\.\.' "$work/vm.out"
runs "kc vq finds nothing wrong with a queue at rest" 0 vq $vm
kill $vm
wait $vm

# Of the machine that is saved already: what differs is what is asked for, which matters to none.
runs "a machine is measured beside another" 0 bench --rounds 1 --warmup 0 --json "$work/bench.json" \
	'a: --env IS=a' 'b: --env IS=b' -- sh -c 'echo 1'
[ "$(grep -c '"accelerator" : "KVM"' "$work/bench.json")" = 4 ] &&
	[ "$(grep -cE '"exits" : [1-9]' "$work/bench.json")" = 2 ]
result $? "and its exits are counted"

runs "a panic is 244" 244 run -- sh -c 'echo c >/proc/sysrq-trigger'
runs "a hang is 246" 246 run --timeout 10 -- sleep 600
runs "a splat is 245" 245 run --module 'kc_fault how=warn' -- true
runs "gdb reaches a driver's probe" 0 debug driver --module hello_virtio --break hello_probe --batch -- true
grep -q 'hello_probe' "$out" "$err"
result $? "and shows it"

if [ -n "${SOAK:-}" ]; then
	runs "emulation where it is asked for" 0 run --accel tcg --cold --boot-timeout 250 -- true
	patience=900
	passes hello echo/split echo/packed echo/smp4 echo/in-order echo/late echo/mmio
	# What ten need to come up at once, an emulated processor has not.
	machines="1 2 3 4 5 6 7 8 9 10"
	[ -z "${KC_EMULATED_HOST:-}" ] || machines="1 2"
	for i in $machines; do
		# shellcheck disable=SC2086 # words
		timeout 300 "$kc" run $slow -m 128M -- true 2>"$work/$i.err" || echo "$i" >>"$work/bad" &
	done
	wait
	[ ! -e "$work/bad" ]
	result $? "machines at a time: $machines"
fi
done_testing
