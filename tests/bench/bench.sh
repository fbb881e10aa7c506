#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kc bench from outside: what it says of a planted difference and of none, and that nothing
# is averaged over a failure. Numbers are made up by the loads: how fast this host is today
# is nobody's to test.
# shellcheck disable=SC2016 # what the guest is to expand
. "$(dirname "$0")/../lib.sh"

# two OPTIONS... MACHINES -- LOAD
two() {
	try 300 "$kc" bench "$@"
}

# A number near 1000 * LEVEL, another in each round and guest.
noisy='read -r up rest </proc/uptime; echo "level $((LEVEL * 1000 + 1${up#*.} % 7)) ms"'

two --rounds 6 --warmup 0 --lower --unit ms --json "$work/one.json" --html "$work/one.html" \
	'a: --env LEVEL=2' 'b: --env LEVEL=3' 'c: --env LEVEL=2' -- sh -c "$noisy"
[ $status = 0 ] && grep -Eq '^  b +(TCG|KVM) .* x 1\.(49|50).*worse$' "$out"
result $? "a planted difference is seen"
grep -Eq '^  c +(TCG|KVM) .* x (1\.00|0\.99).*no difference seen$' "$out"
result $? "and equals are not told apart"
! grep -Ev '^$' "$out" | grep -q "$(printf '\033')" && [ "$(grep -Ec '(TCG|KVM)' "$out")" -ge 7 ]
result $? "in plain lines, each figure with its accelerator"
[ "$(grep -c '"place"' "$work/one.json")" = 18 ] && [ "$(sed -n 's/.*"place" : \([0-9]*\),/\1/p' "$work/one.json" |
	tr '\n' ' ')" = "1 6 7 12 13 18 2 5 8 11 14 17 3 4 9 10 15 16 " ]
result $? "in turns: A-B-C-C-B-A"

# described PAGE: the fields of the JSON are those of the tables of PAGE, all of them.
described() {
	sed -n 's/^| \(`[^|]*\)|.*/\1/p' "$1" | tr -c 'a-z0-9_\n' '\n' | grep . | sort -u >"$work/told"
	grep -o '"[a-z0-9_]*" :' "$work/all.json" | tr -d '": ' | sort -u | cmp -s - "$work/told"
}

two --rounds 9 --warmup 0 --within 5 --lower 'a: --env LEVEL=2' 'b: --env LEVEL=3' -- sh -c "$noisy"
[ $status = 0 ] && grep -q '^TCG; 6 rounds\|^KVM; 6 rounds' "$out" && grep -q 'within 5 % of its ratio after 6 rounds of at most 9' "$out"
result $? "--within ends once the intervals are narrow"
wild='read -r id </proc/sys/kernel/random/uuid; echo $((1 + 0x${id%%-*}))'
two --rounds 7 --warmup 0 --within 1 --json "$work/within.json" 'a: --env LEVEL=2' 'b: --env LEVEL=3' -- sh -c "$wild"
[ $status = 0 ] && grep -q 'after 7 rounds, the most, an interval .* wider than 1 %' "$out" && grep -q '"within" : 1' "$work/within.json"
result $? "and where they are not, says so"

two --rounds 2 --warmup 1 --lower --json "$work/all.json" --against b --baseline "$work/one.json" \
	'a: --env LEVEL=2' 'b: --env LEVEL=3' -- sh -c "$noisy"
[ $status = 0 ] && [ "$(grep -c 'to the baseline:' "$out")" = 2 ] && grep -q 'too few rounds for a claim' "$out"
result $? "a baseline of this host is compared with, and few rounds make no claim"
[ "$(grep -c ' to b:  x 0\.6[67]' "$out")" = 1 ]
result $? "--against compares with another machine than the first, too"
cat "$work/within.json" >>"$work/all.json"
described "$root/docs/bench-json.md"
result $? "docs/bench-json.md describes each field, and none that is not there"
sed '/^| `place`/d' "$root/docs/bench-json.md" >"$work/short.md"
sed 's/^| `place`/| `place`, `palace`/' "$root/docs/bench-json.md" >"$work/long.md"
! described "$work/short.md" && ! described "$work/long.md"
result $? "a page that lacks one, or has one more, would be noticed"

sed 's/"cpus" : [0-9]*/"cpus" : 977/' "$work/one.json" >"$work/other.json"
two --baseline "$work/other.json" 'a: --env LEVEL=2' 'b: --env LEVEL=3' -- sh -c "$noisy"
refused "one of another host is refused before anything runs" 240 "was '977' then"
two --baseline "$work/one.json" 'a: --env LEVEL=2' 'b: --env LEVEL=3' -- true
refused "and one of another load" 240 "the load was"
two --against c 'a:' 'b:' -- true
refused "--against a machine that is not measured is refused" 240 "no such machine: 'c'"
echo one >"$work/file"
two --rounds 1 --warmup 0 --put "$work/file" --json "$work/files.json" 'a:' 'b:' -- echo 1
echo two >"$work/file"
two --rounds 1 --warmup 0 --put "$work/file" --baseline "$work/files.json" 'a:' 'b:' -- echo 1
refused "a file of the same name with other contents is another build" 240 'the build of modules and files of'
two --baseline "$work/one.html" 'a:' 'b:' -- true
refused "and what is none" 240 'is not what kc bench --json writes'

[ "$(grep -c '<svg' "$work/one.html")" = 1 ] && [ "$(grep -o '<circle' "$work/one.html" | wc -l)" = 18 ] &&
	! grep -Eq 'https?:|src=' "$work/one.html"
result $? "the page has a dot for each round, and needs nothing else"

# Failures name machine and round.
only='[ "$LEVEL" = 2 ] || '
two --rounds 2 --warmup 0 'a: --env LEVEL=2' 'b: --env LEVEL=3' -- sh -c "$only"'{ echo no >&2; exit 7; }; echo 1'
refused "a load that fails is an error" 1 "machine 'b', round 1: the load ended with status 7: no"
[ ! -s "$out" ]
result $? "and nothing is shown then"
two --rounds 2 --warmup 0 'a: --env LEVEL=2' 'b: --env LEVEL=3' -- sh -c "$only"'exit 0; echo 1'
refused "so is one that prints no number" 1 "machine 'b', round 1: no number in what it printed: ''"
two --rounds 2 --timeout 15 'a: --env LEVEL=2' 'b: --env LEVEL=3' -- sh -c "$only"'sleep 60; echo 1'
refused "one that hangs" 246 "machine 'b', round 1: the time limit passed"
two --rounds 2 --warmup 0 --put "$root/build/lab/modules/kc_fault.ko" 'a: --env LEVEL=2' 'b: --env LEVEL=3' -- \
	sh -c "$only"'insmod /kc_fault.ko how=warn; echo 1'
[ $status = 245 ] && grep -q "machine 'b', round 1: the guest kernel complained" "$err"
result $? "and one whose kernel complains"
two --setup 'false' 'a:' 'b:' -- echo 1
refused "a --setup that fails is one, too" 1 "machine 'a', round 1: --setup 'false' ended with status 1"

for case in "a machine alone|a:|two machines at least" "an unknown option|a: --smpp 2|did you mean --smp" \
	"what is no machine|fio|neither 'NAME: OPTIONS'" "a bad value|a: --smp 0|--smp: '0'" \
	"a stray word|a: --smp 2 3|what is '3' for" "--get|a: --get /x|--get has no place here"; do
	words=${case#*|}
	two "${words%%|*}" 'b:' -- true
	[ "${case%%|*}" != "a machine alone" ] || two 'a:' -- true
	refused "${case%%|*} is refused" 240 "${words#*|}"
done
two 'a:' 'b:' --
refused "no load" 240 'no load'
two 'a:' 'b:'
refused "no --" 240 "no '--'"
for within in 0 -1 101 x 5%; do
	two --within $within 'a:' 'b:' -- true
	refused "--within $within" 240 'not a percentage without a sign'
done
two --rounds 5 --within 5 'a:' 'b:' -- true
refused "--within of rounds without an interval" 240 'needs --rounds of 6 at least'
for rounds in 0 -1 1001 x 1e3; do
	two --rounds $rounds 'a:' 'b:' -- true
	refused "--rounds $rounds" 240 'not a number of rounds'
done
two 'a:' 'a: --smp 2' -- true
refused "two of one name" 240 "two machines are called 'a'"
two --dry-run --smp 3 -d echo 'a:' 'b: --smp 4' -- true
[ $status = 0 ] && [ "$(grep -cE 'smp [34] ' "$out")" = 2 ] && [ "$(grep -c virtio-echo-pci "$out")" = 2 ]
result $? "what comes before the machines is for all, and each may say otherwise"

done_testing
