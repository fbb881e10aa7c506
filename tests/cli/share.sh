#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# --share: folders of the host's in the guest, to read or to write.
. "$(dirname "$0")/../lib.sh"

cd "$work" || exit 1
mkdir -p read 'odd, name:x' write
echo one >read/file
echo odd >'odd, name:x/file'

try 90 "$kc" run --share read --share 'odd, name:x:/srv/odd' --share write:/srv/w,rw -- \
	sh -c 'cat /mnt/read/file /srv/odd/file; echo back >/srv/w/new; touch /mnt/read/new || echo refused'
[ $status = 0 ] && [ "$(xargs <"$out")" = "one odd refused" ]
result $? "a folder is read in the guest, and not written to"
[ "$(cat write/new)" = back ] && [ ! -e read/new ]
result $? "with ,rw what the guest writes is the host's"
grep -q 'with --share the machine boots' "$err"
result $? "and that the machine boots is told"
try 90 "$kc" run --transport mmio --share "$work/read:/a/b" -- cat /a/b/file
[ $status = 0 ] && grep -qx one "$out"
result $? "over MMIO, too, in a folder that was not there"
try 90 "$kc" run --share read:/bin/sh/x -- true
refused "a place that cannot be is the guest's to tell" 248 "cannot mount '$work/read' at /bin/sh/x"
expect "and what to do then" grep -q 'name another place, as in FOLDER:/mnt/NAME' "$err"

try 10 "$kc" run --dry-run --share read --share write,rw -- true
[ $status = 0 ] && grep -q "readonly=on,path=$work/read" "$out" && ! grep -q "readonly=on,path=$work/write" "$out"
result $? "--dry-run has them"
try 10 "$kc" run --share absent -- true
refused "a folder that is not there" 240 "--share: no folder '$work/absent' is here; make it, or name one that is"
try 10 "$kc" run --share read/file -- true
refused "a file" 240 "no folder"
try 10 "$kc" run --share read: -- true
refused "no place in the guest" 240 "'' is not a place in the guest"
try 10 "$kc" run --share read:here -- true
refused "a relative one" 240 "'here' is not a place in the guest"
try 10 "$kc" run --share read:/ -- true
refused "the guest's root" 240 "'/' is not a place in the guest"
try 10 "$kc" run --share '' -- true
refused "none at all" 240 "--share"

done_testing
