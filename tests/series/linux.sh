#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# With SOAK: kc each and kc bisect on a clone of Linux with planted bugs in virtio_blk.c: ten
# commits, of which the fourth breaks only under SMP and the seventh does not build; and thirty.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../planted-history.sh"

if [ -z "${SOAK:-}" ]; then
	skip "series of Linux" "SOAK=1 builds its commits"
	done_testing
	exit
fi
tree=$work/linux
file=drivers/block/virtio_blk.c
cp -a "$root/build/src/linux" "$tree"
repository "$tree"
git -C "$tree" -c core.compression=0 add -A -f . && git -C "$tree" commit -qm base && git -C "$tree" tag base

commit() {
	git -C "$tree" commit -qam "virtio_blk: number $1"
}

# note N: a change that means nothing
note() {
	echo "/* number $1 */" >>"$tree/$file"
	commit "$1"
}

smp() {
	sed -i '/^static int virtblk_probe(/,/^}/s/^\tif (!vdev->config->get) {/\tif (num_online_cpus() > 1)\n\t\treturn -EIO;\n\n&/' \
		"$tree/$file"
	commit "$1"
}

for n in 1 2 3; do note $n; done
smp 4
for n in 5 6; do note $n; done
echo 'int planted(void) { return undeclared; }' >>"$tree/$file"
commit 7
sed -i '$d' "$tree/$file"
commit 8
for n in 9 10; do note $n; done
git -C "$tree" tag ten
git -C "$tree" checkout -q base
for n in $(seq 18); do note "$n"; done
smp 19
for n in $(seq 20 30); do note "$n"; done
before=$(state "$tree")

try 3000 "$kc" each --linux "$tree" base..ten -- --smp 2 --root disk true
[ $status = 1 ] && [ "$(tail -n 1 "$out")" = "3 passed, 6 failed, 1 do not build, 0 not run" ] &&
	[ "$(sed -n 's/^\(pass\|fail\|does not build\) .* number \([0-9]*\)$/\1 \2/p' "$out")" = "$(
		printf 'pass %s\n' 1 2 3
		printf 'fail %s\n' 4 5 6
		echo does not build 7
		printf 'fail %s\n' 8 9 10
	)" ]
result $? "of ten commits the fourth breaks under SMP, and the seventh does not build"
try 3000 "$kc" each --linux "$tree" base..ten -- --root disk true
[ $status = 1 ] && [ "$(tail -n 1 "$out")" = "9 passed, 0 failed, 1 do not build, 0 not run" ] &&
	[ "$(grep -c 'it is built and tested' "$out")" = 1 ]
result $? "with one CPU none breaks; nothing is built again but what does not build"
try 3000 "$kc" bisect --linux "$tree" base HEAD -- --smp 2 --root disk true
[ $status = 0 ] && grep -A 1 'the first bad commit is ' "$out" | grep -q 'number 19$' &&
	grep -q '30 commits in base..HEAD, about 4 steps' "$out"
result $? "a bisection over thirty finds the one"
[ "$(state "$tree")" = "$before" ] && [ -z "$(find "$root/build/series" -maxdepth 2 -name tree)" ]
result $? "the clone is as it was, and no checkout is left"

done_testing
