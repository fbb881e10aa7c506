#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# --module takes what people have: paths with anything in them, values with
# blanks, packed files; and says of what it does not take why.
# shellcheck disable=SC2016 # what the guest is to expand
. "$(dirname "$0")/../lib.sh"

module=$root/build/lab/modules/hello.ko
mods="$work/my  mods, it's:\"mine\""
mkdir "$mods"
cp "$module" "$mods/a file.ko"

# Whom the module was told to greet, between two '|'
whom='printf "|%s|\n" "$(cat /sys/module/hello/parameters/whom)"'
greets() {
	[ "$status" = 0 ] && [ "$(cat "$out")" = "|$1|" ]
}

tab=$(printf '\t')
for value in 'a   b' "tab${tab}bed" "it's" 'say "it" twice' 'voilà'; do
	try 60 "$kc" run --module "$mods/a file.ko whom=\"$(echo "$value" | sed 's/"/\\"/g')\"" \
		-- sh -c "$whom"
	greets "$value"
	result $? "a path and a value reach the kernel as they are: $value"
done
try 60 "$kc" run --module "hello whom='a   b'" -- sh -c "$whom"
greets 'a   b'
result $? "single quotes"
try 60 "$kc" run --module "hello whom='\"a   b\"'" -- sh -c "$whom"
greets 'a   b'
result $? "the kernel's own quotes, as insmod wants them"
try 60 "$kc" run --module "hello${tab}whom=me" -- sh -c "$whom"
greets me
result $? "a tab between"
try 20 "$kc" run --module 'hello "whom=5\" wide"' -- true
refused "a value that the kernel cannot be given" 240 'whom=5" wide'
try 20 "$kc" run --module "$work/no mods/x.ko" -- true
refused "a path that is not there, unquoted" 240 "quote a path"
try 20 "$kc" run --module helo -- true
refused "a name like another" 240 "'hello'"

for packer in gzip:gz xz:xz zstd:zst; do
	tool=${packer%:*}
	packed=$work/hello.ko.${packer#*:}
	$tool -c "$module" >"$packed"
	(cd "$work" && try 60 "$kc" run --module "${packed##*/} whom=$tool" -- sh -c "$whom"
		greets "$tool")
	result $? "a module packed by $tool, named without its folder"
	head -c 700 "$packed" >"$work/cut.ko.${packer#*:}"
	try 20 "$kc" run --module "$work/cut.ko.${packer#*:}" -- true
	refused "the same cut short" 240 "$tool cannot unpack '$work/cut.ko.${packer#*:}'"
done
cp "$module" "$work/plain.ko.xz"
try 60 "$kc" run --module "$work/plain.ko.xz whom=me" -- sh -c "$whom"
greets me
result $? "one that is called packed and is not"
head -c 4000 "$module" >"$work/cut.ko"
try 20 "$kc" run --module "$work/cut.ko" -- true
refused "a module that is cut short" 240 "it is cut short"
try 20 "$kc" run --module /bin/sh -- true
refused "a program in place of a module" 240 "a program"

# Of the same length, so that nothing else changes.
sed 's/vermagic=6/vermagic=5/' "$module" >"$work/old.ko"
for append in '' 'quiet loglevel=0'; do
	try 60 "$kc" run --append "$append" --module "$work/old.ko" -- true
	refused "what the kernel refuses has its reason ($append)" 248 "version magic '5"
done
try 60 "$kc" trace --module "$mods/a file.ko whom='a   b'" -- sh -c "$whom"
[ $status = 0 ] && grep -qxF '|a   b|' "$out"
result $? "kc trace takes the same"

# What is relative in a file of tests hangs on its folder, from wherever it is run.
tests="$work/a test's"
mkdir "$tests"
gzip -c "$module" >"$tests/mine.ko.gz"
echo data >"$tests/data"
truncate -s 64K "$tests/d.raw"
echo sector | dd of="$tests/d.raw" conv=notrunc 2>"$err"
cat >"$tests/check.sh" <<'END'
echo 1..3
grep -qx 'a   b' /sys/module/hello/parameters/whom && echo ok 1 module
grep -qx data /tmp/put && echo ok 2 put
head -n 1 /dev/vda | grep -qx sector && echo ok 3 disk
END
cat >"$tests/tests.ini" <<'END'
[relative]
module = mine.ko.gz whom='a   b'
put = data:put; check.sh
qemu-args = -drive if=none,id=d,format=raw,file=d.raw
device = virtio-blk-pci,drive=d
kernel = normal
command = sh check.sh
END
for folder in "$tests" / "$work"; do
	(cd "$folder" && try 120 "$kc" test "$([ "$folder" = "$tests" ] && echo . || echo "$tests")"
		[ $status = 0 ] && grep -q '1 passed' "$out")
	result $? "a file of tests, from ${folder#"$work"}"
done

done_testing
