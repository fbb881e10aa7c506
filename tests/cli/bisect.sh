#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# git bisect run kc test --bisect: finds the commit, over ones that cannot be told, and stops
# where the lab is broken.
. "$(dirname "$0")/../lib.sh"

cd "$work" || exit 1
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
git -c init.defaultBranch=main init -q tree
cd tree || exit 1

# commit N COMMAND [LINE]: a tests.ini whose test is this
commit() {
	printf '[it]\nkernel = normal\ncommand = %s\n%s\n# %s\n' "$2" "${3:-}" "$1" >tests.ini
	git add tests.ini
	git commit -qm "number $1"
}

good="sh -c 'echo 1..1; echo ok 1 it'"
bad="sh -c 'echo 1..1; echo not ok 1 it; exit 1'"
for n in 1 2 3; do commit $n "$good"; done
commit 4 "$good" "skip = nothing can be told of this one"
commit 5 "$bad"
for n in 6 7 8; do commit $n "$bad"; done

git bisect start main main~7 >"$out" 2>&1
try 300 git bisect run "$kc" test --bisect ./tests.ini
# Of the two at the border one cannot be told.
[ $status != 0 ] && grep -q 'only .skip.ped commits left' "$out" &&
	grep -q "$(git rev-parse main~4)" "$out" && grep -q "$(git rev-parse main~3)" "$out" &&
	! grep -q "$(git rev-parse main~2)\$" "$out"
result $? "git bisect finds the first bad commit, but for one that cannot be told"
git bisect reset >/dev/null 2>&1

git bisect start main main~7 >"$out" 2>&1
KC_ROOT=$work try 60 git bisect run "$kc" test --bisect ./tests.ini
[ $status != 0 ] && cat "$out" "$err" | grep -q '24[01]' && [ -z "$(git bisect log | grep -E '^git bisect (good|bad)' | sed 1,2d)" ]
result $? "and stops where there is no lab"
git bisect reset >/dev/null 2>&1

try 60 "$kc" run --bisect -- sh -c 'exit 3'
refused "kc run: a command that fails is bad" 1 "status 3, for git bisect 1"
try 60 "$kc" run --bisect -- no-such-command
[ $status = 248 ]
result $? "kc run: one that the guest does not have ends the bisection"

done_testing
