#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kc learn: exercises are laid out and never written over, graders find what they
# must, and an environment that is broken gives no grade.
# Alone: its guests are as many as there are CPUs.
. "$(dirname "$0")/../lib.sh"

# project DIR: a lab of this test's own, of links; what is begun is kept in it
project() {
	mkdir -p "$1/build/lab" "$1/build/learn"
	for part in "$root"/* "$root"/build/* "$root"/build/lab/*; do
		to=$1${part#"$root"}
		[ -e "$to" ] || [ "$part" = "$root/build/outside" ] || ln -s "$part" "$to"
	done
	cp "$root/build/lab/.linux" "$1/build/lab/"
}
export KC_ROOT="$work/project"
project "$KC_ROOT"
rm "$KC_ROOT/devices" && cp -r "$root/devices" "$KC_ROOT/"
cd "$work" || exit

try 20 "$kc" learn
[ "$status" = 0 ] && [ "$(grep -c '^ *[0-9]' "$out")" -ge 8 ] && ! grep -q 'begun\|done' "$out"
result $? "the exercises are listed, none is begun"

try 20 "$kc" learn start 3
[ "$status" = 0 ] && grep -q TODO learn-send/driver.c && [ -s learn-send/README.md ] &&
	! grep -rq 'learn: ' learn-send
result $? "one is laid out, with a piece missing and no mark left"

for number in $(seq "$("$kc" learn | grep -c '^ *[0-9]')"); do
	"$kc" learn start "$number" "all/$number" || echo "$number" >>bad
done >/dev/null
expect "each can be laid out" test ! -e bad

cp learn-send/driver.c skeleton.c
echo mine >>learn-send/driver.c
try 20 "$kc" learn start send
[ "$status" = 240 ] && grep -q "stays as it is" "$err" && tail -n 1 learn-send/driver.c | grep -qx mine
result $? "work is not written over"

mkdir full && touch full/file
try 20 "$kc" learn start 3 full
refused "a folder with something in it" 240 "not empty"
try 20 "$kc" learn start 3 "$KC_ROOT/devices/mine"
refused "a folder that make would build" 240 "outside devices/"
try 20 "$kc" learn start 3 "$KC_ROOT/devices/mine/deep"
refused "a folder deep in such a one" 240 "outside devices/"
ln -s "$KC_ROOT/devices" link
try 20 "$kc" learn start 3 link/mine
refused "a link to such a one" 240 "outside devices/"
try 20 "$kc" learn start 99
refused "an exercise that is not there" 240 "no such exercise"
try 20 "$kc" learn start colect
refused "a name that is nearly one" 240 "did you mean 'collect'"
try 20 "$kc" learn start
refused "no exercise named" 240 "start N|NAME [DIR]"
try 20 "$kc" learn begin 3
refused "a verb that there is not" 240 "list|start|check|prove"
rm -r all/5
try 20 "$kc" learn check 5
refused "a folder that is gone" 240 "its folder is gone"

cd learn-send || exit
try 300 "$kc" learn check
[ "$status" = 1 ] && grep -q "learn-send/driver.c:[0-9]*" "$out" && grep -q "does not build" "$out"
result $? "what does not build is told in the compiler's words, of the learner's file"
cp ../skeleton.c driver.c

: >driver.c
try 300 "$kc" learn check
[ "$status" = 1 ] && grep -q "does not build" "$out"
result $? "nor does an empty file"
rm driver.c
try 20 "$kc" learn check
refused "a file that is gone" 240 "learn-send/driver.c': No such file"
cp ../skeleton.c driver.c
try 20 "$kc" learn check 99
refused "an exercise to check that is not there" 240 "no such exercise"
try 20 "$kc" learn start 4 /proc/mine
[ "$status" = 248 ] && grep -q "cannot make '/proc/mine'" "$err"
result $? "a folder where none can be made is an error"

# no_grade WHAT STATUS [WITH...]: of the skeleton, which would fail
no_grade() {
	what=$1
	wanted=$2
	shift 2
	KC_ROOT=$work/broken try 300 "$@" "$kc" learn check
	[ "$status" = "$wanted" ] && ! grep -q '^ok\|^not ok' "$out" && [ -s "$err" ]
	result $? "no grade $what"
	rm -rf "$work/broken"
}
# full_disk COMMAND...: with room for the sources and not for what is built of them;
# read_only COMMAND...: with a folder to build in that not even root can write to
export place="$work/broken/build/learn" grader="$KC_ROOT/build/learn/grader"
cat >"$work/full_disk" <<'END'
#!/bin/sh
exec unshare --mount --map-root-user sh -c 'mount -t tmpfs -o size=500k none "$place" &&
	ln -s "$grader" "$place/grader" && exec "$@"' sh "$@"
END
cat >"$work/read_only" <<'END'
#!/bin/sh
exec unshare --mount --map-root-user sh -c 'mount --bind "$place" "$place" &&
	mount -o remount,bind,ro "$place" && exec "$@"' sh "$@"
END
chmod +x "$work/full_disk" "$work/read_only"
broken() {
	project "$work/broken"
	ln -s "$KC_ROOT/build/learn/grader" "$work/broken/build/learn/"
}
broken && rm -r "$work/broken/build/lab" && no_grade "without a lab" 241
broken && rm "$work/broken/build/lab/qemu-system-x86_64" && no_grade "without QEMU" 241
broken && rm "$work/broken/build/lab/vmlinux" && no_grade "without the kernel" 241
broken && echo "$work/none" >"$work/broken/build/lab/.linux" && no_grade "without the kernel's headers" 241
broken && rm -r "$work/broken/build/learn" && touch "$work/broken/build/learn" &&
	no_grade "without a place to build in" 241
if unshare --mount --map-root-user true 2>"$err"; then
	broken && no_grade "where the disk is full" 241 "$work/full_disk"
	broken && no_grade "where nothing may be written" 241 "$work/read_only"
else
	skip "no grade where the disk is full" "no namespace for mounts: $(tail -n 1 "$err")"
fi
broken && rm "$work/broken/build/learn/grader" &&
	cp -rs "$KC_ROOT/build/learn/grader" "$work/broken/build/learn/" &&
	rm "$work/broken/build/learn/grader/hostile/qemu-system-x86_64" && no_grade "without the grader's QEMU" 241
broken && rm "$work/broken/build/lab/initramfs.cpio" && echo bad >"$work/broken/build/lab/initramfs.cpio" &&
	no_grade "where no guest comes up" 244

# killed SIGNAL: a QEMU of the check's is ended from outside, as by a host without memory
killed() {
	"$kc" learn check >"$out" 2>"$err" &
	check=$!
	await 100 one_runs && one=$(qemus | head -n 1) && kill -s "$1" "$(echo "$one" | tr -dc 0-9)"
	wait $check
	status=$?
	[ "$status" = 242 ] && ! grep -q '^ok\|^not ok' "$out" && grep -q 'ended from outside' "$err"
	result $? "no grade where a QEMU is ended by SIG$1"
}
one_runs() {
	[ "$(qemus)" ]
}
killed KILL

mkdir "$work/bin"
cat >"$work/bin/gcc" <<'END'
#!/bin/sh
case $* in
*driver.c*) echo 'gcc: fatal error: Killed signal terminated program cc1' >&2 && exit 1 ;;
esac
PATH=${PATH#*:} exec gcc "$@"
END
chmod +x "$work/bin/gcc"
PATH=$work/bin:$PATH try 300 "$kc" learn check
[ "$status" = 241 ] && ! grep -q '^ok\|^not ok' "$out" && grep -q 'compiler was ended' "$err"
result $? "nor where the compiler is"
rm "$work/bin/gcc"
cd ..

if [ "${SOAK:-}" ]; then
	try 2400 "$kc" learn prove
else
	try 900 "$kc" learn prove --quick
fi
sed 's/^/# /' "$out"
[ "$status" = 0 ] && [ "$(grep -c ': solution passes each step' "$out")" -ge 8 ]
result $? "skeletons fail, solutions pass, and mistakes get their hints"

# The solution: the file without its marks
sed '/learn: instead/,/learn: end/d; /\/\* learn: /d' "$root/learn/shout/driver.c" >learn-send/driver.c
cd learn-send || exit
try 300 "$kc" learn check
cd ..
[ "$status" = 0 ] && grep -q '^3 of 3 steps passed' "$out" && "$kc" learn | grep -q '3 *send .*done, '
result $? "a solution passes, and the exercise is done"

(cd learn-send && exec timeout -s INT -k 20 4 "$kc" learn check) >"$out" 2>"$err"
[ -z "$(find "$KC_ROOT/build/learn" -name 'work-*')" ] && await 10 test -z "$(qemus)"
result $? "Ctrl-C leaves nothing"

done_testing
