#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A built clone that is copied or moved names the place that it was built in:
# neither make nor kc use the other's objects there.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../scratch.sh"

unset KC_ROOT
first=$work/first
copy=$work/copy
scratch_clone "$first"
mkdir -p "$first/build/bin" "$first/build/lab"
cp "$kc" "$first/build/bin/kc"
for part in "$root"/build/lab/*; do
	ln -s "$part" "$first/build/lab/"
done
try 60 make -C "$first" preflight
[ "$status" = 0 ] && [ "$(cat "$first/build/.clone")" = "$first" ]
result $? "a build notes whose it is"
cp -a "$first" "$copy"
echo '#error not built' >>"$copy/devices/hello/device.c"

for verb in 'watch --once hello' 'run -- true' 'test hello/split' boot 'boot --dry-run' 'trace -- true' \
	'debug driver --batch -- true' doctor; do
	# shellcheck disable=SC2086 # words
	(cd "$copy" && try 60 build/bin/kc $verb && exit "$status")
	status=$?
	refused "kc $verb in a copy says where it was built" 241 "in '$copy' was built in '$first'"
done
for verb in all kc run test 'driver DIR=devices/hello' 'device DIR=devices/hello'; do
	# shellcheck disable=SC2086 # words
	try 60 make -C "$copy" $verb
	refused "make $verb in a copy says so, too" 2 "build/ was made in '$first'"
done
try 60 env KC_ROOT="$copy" "$first/build/bin/kc" run -- true
refused "KC_ROOT does not make it another's" 241 "was built in '$first'"

mv "$first" "$work/moved"
try 60 make -C "$work/moved" kc
refused "make in a clone that was moved says so" 2 "build/ was made in '$first'"
try 60 "$work/moved/build/bin/kc" boot --dry-run
refused "... and kc" 241 "in '$work/moved' was built in '$first'"
mv "$work/moved" "$first"
ln -s "$first" "$work/link"
try 60 make -C "$work/link" preflight
[ "$status" = 0 ] && try 60 env -C "$work/link" "$work/link/build/bin/kc" doctor && [ "$status" = 0 ]
result $? "put back, or by a link to it, it works"
mkdir "$work/mount"
if try 60 unshare --mount sh -c "mount --bind $first $work/mount && cd $work/mount && make preflight" &&
	[ "$status" != 1 ]; then
	[ "$status" = 0 ]
	result $? "mounted elsewhere beside the first place it is the same"
	try 60 unshare --mount sh -c "mount --bind $first $work/mount && mount -t tmpfs none $first &&
		cd $work/mount && make preflight"
	refused "... and without that place it is not" 2 "build/ was made in '$first'"
else
	skip "mounted elsewhere" "no namespace for mounts: $(tail -n 1 "$err")"
fi

try 60 make -C "$copy" clean
[ "$status" = 0 ] && [ ! -e "$copy/build" ]
result $? "make clean forgets what was copied"
try 60 make -C "$copy" preflight
[ "$status" = 0 ] && [ "$(cat "$copy/build/.clone")" = "$copy" ]
result $? "... and the copy is a clone of its own"

# What git worktree makes has no build/ yet; a kc that PATH finds is another's.
rm -r "$copy/build"
try 60 env -C "$copy/devices" "$first/build/bin/kc" run -- true
refused "kc of another clone than the one around says whose it is" 241 "is the one of '$first'"
try 60 env -C "$copy" KC_ROOT="$first" "$first/build/bin/kc" boot --dry-run
[ "$status" = 0 ]
result $? "... and KC_ROOT says which is meant"

# What links in the lab lead to is there, in the user's own as well.
[ -z "$(find "$root/build/lab" -xtype l)" ]
result $? "no link in build/lab leads to nothing"
done_testing
