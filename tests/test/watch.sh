#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kc watch: each save is built and tested, and nothing else is done.
# shellcheck disable=SC2016 # what sed is to expand
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../scratch.sh"

export KC_ROOT="$work/project"
scratch_project "$KC_ROOT"
echo=$KC_ROOT/devices/echo
log=$work/log
turns=0

# Runs make in place of the real one, and notes what it was asked for.
mkdir "$work/bin"
real_make=$(command -v make)
cat >"$work/bin/make" <<END
#!/bin/sh
echo "\$*" >>"$work/made"
exec "$real_make" "\$@"
END
chmod +x "$work/bin/make"
PATH=$work/bin:$PATH

# after NAME VERDICT PARTS: the turn that the last save began ends so, having
# built these and no others.
after() {
	await 240 watch_one_more
	turns=$(watch_verdicts)
	built=$(sed -n 's/.* \(driver\|device\|guest-test\) DIR=.*/\1/p' "$work/made" | sort -u | tr '\n' ' ')
	status="$(grep -oE '(NOT )?[A-Z]+, after [0-9.]+ s' "$log" | tail -n 1) built $built"
	[ "${status%%,*}" = "$2" ] && [ "$built" = "$3" ]
	result $? "$1"
	: >"$work/made"
}

# save FILE SED: as an editor does that writes a new file and renames it.
save() {
	sed "$2" "$echo/$1" >"$echo/.$1.new" && mv "$echo/.$1.new" "$echo/$1"
}

cd "$work" || exit
out=$log
err=$log
: >"$work/made"
trap 'kill $watcher 2>/dev/null; rm -rf "$work"' EXIT
"$kc" watch echo >"$log" 2>&1 </dev/null &
watcher=$!
after "begins with what is out of date" PASSED "device driver guest-test "

cp -p "$echo/driver.c" "$work/driver.c"
save driver.c '/^static int echo_probe/,/^}/s/	vdev->priv = echo;/	return -EIO;/'
after "a bug in the driver is found" "NOT PASSED" "driver "
mv "$work/driver.c" "$echo/driver.c"
after "mended by an older file put back" PASSED "driver "

cp -p "$echo/device-queues.c" "$work/device-queues.c"
save device-queues.c 's/return VIRTIO_ECHO_S_OK;/return VIRTIO_ECHO_S_BAD_LEN;/'
after "a bug in the device is found" "NOT PASSED" "device "
mv "$work/device-queues.c" "$echo/device-queues.c"
after "mended by an older file put back in the device, too" PASSED "device "

sed -i '$a /* edited in place */' "$echo/abi.h"
after "abi.h is of both halves and of the test" PASSED "device driver guest-test "

echo 'this is no C' >>"$echo/driver-events.c"
after "what does not compile is not tested" "NOT BUILT" "driver "
grep -q 'driver-events.c:.*error' "$log"
result $? "the compiler is heard"
save device.c '$a /* the other half */'
after "a driver that is broken is not forgotten" "NOT BUILT" "driver "
save driver-events.c '/this is no C/d'
after "mended, both are built" PASSED "device driver "

printf '/* nothing yet */\n' >"$echo/driver-new.c"
echo 'echo_virtio-y += driver-new.o' >>"$echo/Kbuild"
after "a new file and where it is named, saved together" PASSED "driver "
rm "$echo/driver-new.c"
after "a file that is missed" "NOT BUILT" "driver "
save Kbuild '/driver-new/d'
after "and no longer named" PASSED "driver "

touch "$echo/.driver.c.swp" "$echo/driver.c~" "$echo/4913"
echo >>"$echo/README.md"
sleep 2
watch_one_more
result $((!$?)) "what editors leave behind and what is only read is let be"

# The first turn can hardly have ended when the second save comes.
save driver.c '/^static int echo_probe/,/^}/s/	vdev->priv = echo;/	return -EIO;/'
sleep 0.3
save driver.c '/^static int echo_probe/,/^}/s/	return -EIO;/	vdev->priv = echo;/'
after "a save meanwhile begins anew" PASSED "driver "

touch "$echo/driver.c"
sleep 1
kill -INT $watcher
before=$(date +%s)
wait $watcher
status=$?
[ $status = 130 ] && [ $(($(date +%s) - before)) -le 5 ] && [ -z "$(qemus)" ]
result $? "an interrupt ends it and all that it started"

"$kc" watch echo >>"$log" 2>&1 </dev/null &
watcher=$!
sleep 1
kill -9 $watcher
wait $watcher 2>/dev/null
no_qemus() {
	[ -z "$(qemus)" ]
}
expect "so does kill -9" await 10 no_qemus

out=$work/out
err=$work/err
try 240 "$kc" watch --once echo/smoke
[ $status = 0 ] && grep -q '^echo/smoke: passed' "$out"
result $? "--once: the tests' status"
save driver.c '/^static int echo_probe/,/^}/s/	vdev->priv = echo;/	return -EIO;/'
try 240 "$kc" watch --once --only driver echo
[ $status = 1 ] && grep -q '^echo/smoke: failed' "$out"
result $? "--once: the status of a test that fails"
echo 'this is no C' >>"$echo/driver.c"
try 240 "$kc" watch --once --only driver echo
refused "--once: it does not build" 251 "does not build"
try 20 "$kc" watch --once no-such-device
refused "an unknown device" 240 "no-such-device"

[ -z "$(find "$root/devices" "$root/modules" -newer "$work/bin/make" 2>/dev/null)" ]
result $? "the user's own tree was left alone"

done_testing
