#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Folders of devices outside the project: make, by a script, and kc find the
# same ones, and refuse the same. In a project of this test's own.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../scratch.sh"

export KC_ROOT="$work/project" HOME="$work/home"
scratch_project "$KC_ROOT"
cd "$work" || exit

# both NAME DEVICE...: each of the two knows these outside the project, and no others.
both() {
	name=$1
	shift
	try 20 "$KC_ROOT/scripts/device-dirs.sh"
	made=$(sed -n 's|^build/outside/||p' "$out" | sort | tr '\n' ' ')
	rm -rf "$KC_ROOT/build/outside"
	[ "$status" = 0 ] && try 20 "$kc" test --list
	listed=$(sed -n 's|^\([a-z]*\)/packed .*|\1|p' "$out" | grep -vE '^(echo|fault|hello)$' | tr '\n' ' ')
	rm -rf "$KC_ROOT/build/outside"
	[ "$status" = 0 ] && [ "$made" = "${*:+$* }" ] && [ "$listed" = "${*:+$* }" ]
	result $? "$name"
}

# neither NAME WORDS
neither() {
	try 20 "$KC_ROOT/scripts/device-dirs.sh"
	[ "$status" = 1 ] && grep -qE -- "$2" "$err" && try 20 "$kc" test --list
	[ "$status" = 240 ] && grep -qE -- "$2" "$err"
	result $? "refused: $1"
	rm -rf "$KC_ROOT/build/outside"
}

both "none is named"
mkdir -p several home "$KC_ROOT/near"
export KC_DEVICES="$work/several"
both "a folder that has none yet"
id=50
for device in several/aa several/bb lone/cc "$KC_ROOT/near/dd" home/ee; do
	"$kc" new --out "${device%/*}" "${device##*/}" --id $id >/dev/null 2>"$err" || break
	id=$((id + 1))
done
[ -e home/ee/abi.h ]
result $? "the first is made in it while it is named"
both "a folder of several" aa bb
KC_DEVICES="$work/several:$work/lone/cc"
both "and one of its own" aa bb cc
ln -s several "$work/by_link"
KC_DEVICES="$work/several/aa:$work/by_link:$work/several:$KC_ROOT/devices/hello"
both "each once, however often it is named" aa bb
printf '# mine\n\n  near\n~/ee\n%s\n' "$work/lone" >"$KC_ROOT/devices.local"
both "by a list, from the project, from home and from the root" aa bb cc dd ee
rm "$KC_ROOT/devices.local"

KC_DEVICES="$work/nothing"
neither "a folder that is not there" "names '$work/nothing', where no folder is"
KC_DEVICES="$work/several:$work/copy"
mkdir copy
cp -a several/aa copy/
neither "two of one name" "two devices (are called|have one name).* $work/several/aa .*$work/copy/aa"
mv copy/aa copy/xx
neither "two of one id" "two devices have (the|one) id.* $work/several/aa .*$work/copy/xx"
mv copy/xx copy/hello
neither "one of a name in devices/" "two devices (are called|have one name).*devices/hello .*$work/copy/hello"

done_testing
