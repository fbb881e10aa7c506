#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kc matrix: each cell has an outcome, in the table, JUnit, JSON and the page; with SOAK on
# kernels of Debian's and the host's QEMU, too.
. "$(dirname "$0")/../lib.sh"

cd "$work" || exit 1
lab=$root/build/lab
qemu=$(readlink -f "$lab/qemu-system-x86_64")
hello='--module hello_virtio hello_test'

# cell KERNEL QEMU: its outcome, by the JSON in $work/json
cell() {
	python3 - "$work/json" "$1" "$2" <<-'END'
		import json, sys
		cells = json.load(open(sys.argv[1]))["cells"]
		print(*[c["outcome"] for c in cells if c["kernel"].endswith(sys.argv[2]) and c["qemu"].endswith(sys.argv[3])])
	END
}

# A QEMU that lacks our devices, as any other does
cat >stock <<END
#!/bin/sh
case "\$*" in
*"-device help"*) "$qemu" "\$@" | grep -v virtio-hello; exit ;;
esac
exec "$qemu" "\$@"
END
chmod +x stock
# A kernel for which our modules do not build
mkdir -p own/boot own/headers
cp "$lab/bzImage" own/boot/vmlinuz
cp "$root/build/linux/.config" "own/boot/config-$(cat "$lab/kernel.release")"
printf 'modules:\n\t@echo "driver.c:1:1: error: planted"; exit 1\n' >own/headers/Makefile
echo none >broken

# shellcheck disable=SC2086 # words
try 300 "$kc" matrix --kernel lab,own/boot/vmlinuz,broken --qemu "lab,$work/stock,$work/absent" \
	--junit junit.xml --json json --html page.html -- $hello
[ $status = 1 ] && [ "$(tail -n 1 "$out")" = "1 passed, 0 failed, 2 do not build, 6 not run" ]
result $? "kc matrix runs what can be run"
[ "$(cell lab lab) $(cell lab stock) $(cell lab absent)" = "pass not run not run" ] &&
	grep -q 'on .*/stock: not run: this QEMU has no virtio-hello-pci' "$out" &&
	grep -q "not run: no such program: '$work/absent'" "$out"
result $? "a QEMU without the device, or none, is told"
[ "$(cell vmlinuz lab)" = "does not build" ] && [ "$(cell broken lab)" = "not run" ] &&
	grep -q 'vmlinuz on lab: does not build: hello_virtio: driver.c:1:1: error: planted' "$out"
result $? "as are a module that does not build, and a file that is no kernel"
python3 - <<'END' >"$out" 2>&1
import json, re, xml.etree.ElementTree as tree
suites = tree.parse("junit.xml").getroot()
cases = list(suites.iter("testcase"))
assert len(cases) == 9 and len(suites.findall("testsuite")) == 3
assert [suites.get(sum) for sum in ("tests", "failures", "errors", "skipped")] == ["9", "0", "2", "6"]
assert len(list(suites.iter("error"))) == 2 and len(list(suites.iter("skipped"))) == 6
cells = json.load(open("json"))["cells"]
assert len(cells) == 9 and all(c["outcome"] for c in cells)
assert all(c["why"] for c in cells if c["outcome"] != "pass")
page = open("page.html").read()
rows = re.findall(r'<td class="([a-z-]+)"><b>([a-z ]+)</b>', page)
assert [name for _, name in rows] == [c["outcome"] for c in cells], rows
END
result $? "JUnit, JSON and the page have every cell"

before=$root/build/series/before-$$
mkdir -p "$before/failed"
touch "$before/failed/mended"
try 120 "$root/scripts/series-modules.sh" "$work/own/headers" "$before"
[ ! -e "$before/failed/mended" ] && grep -q planted "$before/failed/hello_virtio"
result $? "a module that did not build in an earlier start is not believed to fail for ever"
rm -rf "$before"

for test in hello/packed "-d hello,packed=on $hello"; do
	# shellcheck disable=SC2086 # words
	try 60 "$kc" matrix --qemu "$work/stock" -- $test
	[ $status = 77 ] && grep -q 'stock: not run: this QEMU has no .*hello.*, which the test needs' "$out"
	result $? "a test whose device a QEMU lacks is not run there: $test"
done

try 120 "$kc" matrix --json - -- sh -c 'echo "<&>"; exit 3'
[ $status = 1 ] && grep -q '"fail"' "$out" && grep -q 'lab on lab: fail: the command ended with 3' "$out"
result $? "a command that fails is a cell that fails"
try 120 "$kc" matrix --kernel "$work/own/boot/vmlinuz" -- uname -r
[ $status = 0 ]
result $? "a test that needs no module of ours runs without"

"$kc" matrix --kernel "lab,$work/own/boot/vmlinuz" --json json -- sh -c "echo up $work; sleep 100" >"$out" 2>"$err" </dev/null &
pid=$!
up() {
	grep -qs "^up $work" "$root"/build/series/matrix-*/*/test.log
}
await 60 up
kill -INT $pid
wait $pid
status=$?
[ $status = 130 ] && grep -q 'goes on from here' "$err" &&
	grep -q '^0 passed, 0 failed, 0 do not build, 2 not run$' "$out" && [ "$(cell lab lab)" = "not run" ] &&
	[ -z "$(qemus)" ]
result $? "Ctrl-C ends it, with a table and no process left"

for list in lab,,debug lab,lab ,lab; do
	try 10 "$kc" matrix --kernel "$list" -- true
	refused "--kernel $list is refused" 240 "--kernel $list: "
done
try 10 "$kc" matrix --html "$work/no/page" -- true
refused "so is a file that cannot be written, before anything is run" 248 "--html: "
try 10 "$kc" matrix lab -- true
refused "and a word that stands for nothing" 240 "what is 'lab' for?"
try 10 "$kc" matrix --kernel lab --
refused "and no test" 240 "what is to be tested?"
try 60 "$kc" matrix --kernel debian:../x -- true
[ $status = 77 ] && grep -q 'debian:../x: a version is expected' "$out"
result $? "a version that is none is told in its cell"

if [ -z "${SOAK:-}" ]; then
	skip "Debian's kernels" "SOAK=1 fetches them"
	done_testing
	exit
fi
try 3000 "$kc" matrix --kernel debian:6.1,debian:6.12,lab,debian:newest --qemu lab,host --json json -- hello/split echo/split
[ "$(cell debian:6.1 lab)" = "does not build" ] && [ "$(cell debian:6.12 lab)" = pass ] &&
	[ "$(cell lab lab)" = pass ] && [ "$(cell debian:newest lab)" = pass ]
result $? "hello and echo pass on Debian's kernels from 6.12 to the newest, and do not build on 6.1"
try 3000 "$kc" matrix --kernel debian:6.12,debian:newest --json json -- blk net
[ "$(cell debian:6.12 lab)" = pass ] && [ "$(cell debian:newest lab)" = pass ]
result $? "blk and net, too"
try 1200 "$kc" matrix --kernel debian:6.12,lab,debian:newest --qemu host --json json -- blk/stock-device
case $(cell lab host) in
pass) [ "$(cell debian:6.12 host)" = pass ] && [ "$(cell debian:newest host)" = pass ] ;;
*) [ "$(cell lab host)" = "not run" ] ;;
esac
result $? "and what needs no device of ours on the host's QEMU"

done_testing
