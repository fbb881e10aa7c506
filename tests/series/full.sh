#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A disk that is full says nothing of a commit, a kernel or a QEMU: kc each and kc matrix stop and
# say so, and go on once there is space. build/series is a small disk of this test's own.
if [ -z "${KC_SMALL_DISK:-}" ] && unshare -rm true 2>/dev/null; then
	KC_SMALL_DISK=1 exec unshare -rm "$0"
fi
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../planted-history.sh"

series=$root/build/series
mkdir -p "$series"
if [ -z "${KC_SMALL_DISK:-}" ] || ! mount -t tmpfs -o size=48m none "$series" 2>"$err"; then
	skip "a disk that is full" "this user may not mount one"
	done_testing
	exit
fi

# fill FILE: as long as there is the gate, the disk gets full.
gate=$work/gate
cat >"$work/fill" <<END
#!/bin/sh
[ ! -e "$gate" ] || ! head -c 60M /dev/zero >"\$1"
END
chmod +x "$work/fill"

tree=$work/tree
repository "$tree"
for n in 1 2 3; do
	echo $n >"$tree/number"
	git -C "$tree" add number
	git -C "$tree" commit -qm "number $n"
done
# As a linker does, it takes away what it could not write whole.
build="grep -q 2 number || $work/fill big || { rm big; exit 1; }"
# shellcheck disable=SC2016 # what another shell is to expand
each() {
	try 60 sh -c 'cd "$0" && exec "$@"' "$tree" "$kc" each --build "$build" HEAD~2..HEAD -- true
}

touch "$gate"
each
refused "a build that finds no space ends kc each" 241 "no space is left on the disk of '$series/"
[ "$(tail -n 1 "$out")" = "1 passed, 0 failed, 0 do not build, 0 not run" ]
result $? "and is no commit that does not build"
rm "$gate"
each
[ $status = 0 ] && [ "$(grep -c '(from an earlier start)' "$out")" = 1 ] &&
	[ "$(tail -n 1 "$out")" = "2 passed, 0 failed, 0 do not build, 0 not run" ]
result $? "a second start goes on from there"

# A QEMU beside which something else fills the disk
cat >"$work/greedy" <<END
#!/bin/sh
case "\$*" in
*virtserialport*) "$work/fill" "$series/filler" 2>/dev/null ;;
esac
exec "$(readlink -f "$root/build/lab/qemu-system-x86_64")" "\$@"
END
chmod +x "$work/greedy"
matrix() {
	try 120 "$kc" matrix --qemu "lab,$work/greedy" --html "$work/page" -- "$@"
}
for test in true false; do
	touch "$gate"
	matrix $test
	[ $status = 241 ] && grep -q "greedy: not run: .*[Nn]o space " "$out" &&
		grep -q 'class="not-run"' "$work/page" && grep -q '[Nn]o space ' "$err"
	result $? "a matrix whose disk gets full within a cell stops there, and says so: $test"
	rm "$gate" "$series/filler"
	matrix $test
	[ $status != 241 ] && grep -q '^lab on lab: .*(from an earlier start)' "$out" &&
		! grep -q 'greedy: not run' "$out"
	result $? "and goes on once there is space: $test"
done
[ -z "$(qemus)" ] && [ -z "$(find "$series" -name tree)" ]
result $? "no checkout and no process is left"

done_testing
