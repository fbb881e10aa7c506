#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kc each and kc bisect on a module's repository with a planted history: what breaks under SMP
# alone, what does not build, what ends them, and what they leave behind.
# shellcheck disable=SC2016,SC2086 # what other shells are to expand; lists of words
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../planted-history.sh"

tree=$work/tree
linux=$(cat "$root/build/lab/.linux")
repository "$tree"
echo 'obj-m := planted.o' >"$tree/Kbuild"

# commit NUMBER BODY SCRIPT: a module whose init does this, and a script of the guest's that
# breaks in the same way, which needs no time to build
commit() {
	echo "$3" >"$tree/planted.sh"
	cat >"$tree/planted.c" <<-END
		#include <linux/module.h>
		#include <linux/cpumask.h>
		static int __init planted_init(void)
		{
			/* planted $1 */
			$2
			return 0;
		}
		module_init(planted_init);
		MODULE_LICENSE("GPL");
	END
	git -C "$tree" add -A
	git -C "$tree" commit -qm "planted: number $1"
}

good='pr_info("planted\n");'
smp='WARN_ON(num_online_cpus() > 1);'
smp_script='[ $(nproc) = 1 ]'
commit 1 "$good" true
commit 2 "$good" :
commit 3 "$smp" "$smp_script"
commit 4 "this does not compile;" 'if this ('
commit 5 "$smp" "$smp_script # still"
before=$(state "$tree")
build="make -C $linux M=\$PWD modules"
# What script tests a checkout with, behind options
script="--put ./planted.sh:/tmp/planted sh /tmp/planted"

# kc_on SECONDS WORD...: kc in the user's tree
kc_on() {
	limit=$1
	shift
	try "$limit" sh -c 'cd "$0" && exec "$@"' "$tree" "$kc" "$@"
}

# left_behind: what must not be there afterwards
left_behind() {
	ls -d "$shop/tree" 2>/dev/null
	[ "$(state "$tree")" = "$before" ] || echo "the repository was touched"
	qemus
}

kc_on 240 each --build "$build" HEAD~4..HEAD -- --smp 2 --module ./planted.ko -- true
[ $status = 1 ] && [ "$(tail -n 1 "$out")" = "1 passed, 2 failed, 1 do not build, 0 not run" ]
result $? "kc each tells what passes, fails and does not build"
grep -q '^pass .* number 2$' "$out" && grep -q '^fail .* number 3$' "$out" &&
	grep -q '^does not build .* number 4$' "$out" && grep -q 'planted.c:.*error:' "$out"
result $? "of each commit with its subject and why"
folder=$(sed -n 's/^ *all of it: //p' "$out" | head -n 1)
shop=${folder%/runs/*}
grep -q 'WARNING.*planted' "$folder/test.log"
result $? "and where the evidence is"

kc_on 240 bisect --build 'sh -n planted.sh' HEAD~4 HEAD -- --smp 2 $script
[ $status = 0 ] && grep -A 1 'the first bad commit is ' "$out" | grep -q 'number 3$'
result $? "kc bisect finds the commit that breaks under SMP"
grep -q '4 commits in HEAD~4..HEAD, about 2 steps' "$out" &&
	grep -q 'tested; then about [12] more, about ' "$out"
result $? "and says how many steps there are, and how long they will take"
kc_on 60 bisect --build 'sh -n planted.sh' HEAD~4 HEAD~3 -- $script
refused "a bad end that is good is told" 240 "'HEAD~3' was to be bad, and it is: pass"

[ -z "$(left_behind)" ]
result $? "the repository is as it was, and no checkout is left"

for range in HEAD..HEAD main; do
	kc_on 20 each --build "$build" $range -- true
	refused "a range without a commit is refused: $range" 240 "no commit is in "
done
kc_on 20 bisect HEAD HEAD~2 -- true
refused "as are ends the wrong way round" 240 "the good one is named first"
kc_on 20 bisect HEAD~2 no-such -- true
refused "a commit that there is not" 240 "has no commit 'no-such'"
try 20 "$kc" each --linux "$tree" HEAD~1..HEAD -- true
refused "a repository of something else" 240 "is not a Linux source tree"
try 20 "$kc" each --qemu "$work" HEAD~1..HEAD -- true
refused "a folder that is no repository" 240 "not a git repository"
kc_on 20 bisect HEAD~2 -- true
refused "too few commits" 240 "expected two commits"
kc_on 20 bisect HEAD~2 HEAD
refused "no test" 240 "no '--'"
kc_on 20 bisect HEAD~2 HEAD -- kc doctor
refused "what is no test" 240 "'kc doctor' is not a test"

KC_ROOT=$work/none kc_on 20 each HEAD~1..HEAD -- true
refused "a lab that is not there stops it" 241 "KC_ROOT"
echo '/* edited */' >>"$tree/planted.c"
kc_on 60 each --build false HEAD~1..HEAD -- true
[ $status = 1 ] && grep -q 'changes in 1 file that are not committed' "$err" &&
	tail -n 1 "$tree/planted.c" | grep -q edited
result $? "edits that are not committed are told and left alone"
git -C "$tree" checkout -q planted.c
before=$(state "$tree")
kc_on 60 each HEAD~1..HEAD -- no-such-command
refused "a test that cannot be run at all stops it" 248 "it stops here"

# A build of number 3 that waits as long as there is a gate
gate=$work/gate
gated="if [ -e $gate ] && grep -q 'planted 3' planted.c; then make -f $work/slow.mk; fi"
# As kbuild does, it takes away what is half made; its shell does nothing while the other runs.
cat >"$work/slow.mk" <<END
half:
	@trap 'sleep 0.5; rm -f $gate.half; exit 1' TERM; touch $gate.half $gate.shut; sleep 50
END
# strays: what a build has started and that still runs
strays() {
	grep -ls "KC_TEST_FILE=$$" /proc/[0-9]*/environ | while read -r file; do
		grep -xE 'sleep|make' "${file%environ}comm" 2>/dev/null
	done
}
touch "$gate"
(cd "$tree" && exec "$kc" each --build "$gated" HEAD~4..HEAD~2 -- $script) \
	>"$out" 2>"$err" </dev/null &
pid=$!
await 60 [ -e "$gate.shut" ]
kill -INT $pid
wait $pid
status=$?
[ $status = 130 ] && grep -q 'the same command goes on from here' "$err"
result $? "Ctrl-C ends it"
[ -z "$(left_behind)" ] && [ -z "$(strays)" ] && [ ! -e "$gate.half" ]
result $? "and leaves no checkout, no process and nothing that is half made"
rm "$gate"
kc_on 120 each --build "$gated" HEAD~4..HEAD~2 -- $script
[ $status = 0 ] && [ "$(grep -c '(from an earlier start)' "$out")" = 1 ] &&
	[ "$(tail -n 1 "$out")" = "2 passed, 0 failed, 0 do not build, 0 not run" ]
result $? "a second start goes on where it was"
kc_on 120 each --build "$gated" HEAD~4..HEAD~2 -- $script
[ $status = 0 ] && ! grep -q '(from an earlier start)' "$out"
result $? "and one after the end begins anew"

# Compilers go by times: a step must write only what it changes, in a checkout that is new, too.
own=$root/build/series/times-$$
step() {
	"$root/scripts/series-tree.sh" "$1" "$tree" "$own" "$(git -C "$tree" rev-parse "${2:-HEAD}")" >>"$out" 2>&1
}
: >"$out"
step open && step checkout HEAD~2 && step built HEAD~2 && step close && step open &&
	step checkout HEAD~2 && [ -z "$(find "$own/tree" -name .git -prune -o -type f -newermt 2002-01-01 -print)" ] &&
	step checkout HEAD~1 &&
	[ "$(find "$own/tree" -name .git -prune -o -type f -newermt 2002-01-01 -printf '%f\n' | sort | xargs)" = "planted.c planted.sh" ]
result $? "a step to another commit leaves what is the same as old as it was"
rm -rf "$own"

done_testing
