#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kc test --coverage and kc run --coverage: the counts are gcov's own, what was not run is told,
# and nothing is left behind but what was asked for.
. "$(dirname "$0")/../lib.sh"

cd "$root" || exit 1
mkdir "$work/tmp"
export TMPDIR="$work/tmp"
to=$work/coverage

# nothing_left: no scratch of kc's, and no counters beside the objects that count
nothing_left() {
	[ -z "$(ls "$TMPDIR")" ] && [ -z "$(find build/qemu/coverage build/linux*-coverage* -name '*.gcda')" ]
}

# asked FILE PYTHON: an expression of data, which is FILE, and of half(PAIR, SIDE), calls(PAIR, SIDE, FUNCTION)
asked() {
	python3 - "$@" <<'END'
import json
import sys

data = json.load(open(sys.argv[1]))
pairs = {pair["name"]: pair for pair in data["pairs"]}


def half(pair, side):
    return pairs[pair][side]


def calls(pair, side, name):
    found = [
        function["calls"]
        for file in half(pair, side)["files"]
        for function in file["function_list"]
        if function["name"] == name
    ]
    return found[0] if len(found) == 1 else None


sys.exit(not eval("(" + sys.argv[2] + ")"))
END
}

# as_gcov FOLDER: each line, of each source in coverage.json, as gcov itself tells of it
as_gcov() {
	cat >"$work/as-gcov.py" <<'END'
import collections
import json
import os
import re
import subprocess
import sys

folder, cwd = sys.argv[1:]
counts = collections.defaultdict(dict)
sums = {}
for side in ("driver", "device"):
    for place, _, names in os.walk(os.path.join(folder, "gcov", side)):
        for name in [name for name in names if name.endswith(".gcda")]:
            path = os.path.join(place, name)
            said = subprocess.run(["gcov", "-t", path], cwd=cwd, capture_output=True, text=True)
            source, seen = None, set()
            for row in said.stdout.split("\n"):
                if found := re.match(r" *-: +0:Source:(.*)", row):
                    source = os.path.realpath(os.path.join(cwd, found.group(1)))
                elif found := re.match(r" *([0-9]+|#####|=====)\*?: *([0-9]+):", row):
                    count = 0 if found.group(1)[0] in "#=" else int(found.group(1))
                    line = int(found.group(2))
                    # A line of several functions comes once, and then for each of them.
                    if (source, line) not in seen:
                        counts[source][line] = counts[source].get(line, 0) + count
                    seen.add((source, line))
            said = subprocess.run(["gcov", "-n", path], cwd=cwd, capture_output=True, text=True)
            for name, share, lines in re.findall(
                r"File '(.*)'\nLines executed:([0-9.]+)% of ([0-9]+)", said.stdout
            ):
                sums[os.path.realpath(os.path.join(cwd, name))] = float(share), int(lines)
files = lines = 0
for pair in json.load(open(os.path.join(folder, "coverage.json")))["pairs"]:
    for file in pair["driver"]["files"] + pair["device"]["files"]:
        mine = dict(map(tuple, file["line_counts"]))
        if mine != counts[file["path"]]:
            sys.exit(f"{file['path']}: {sorted(set(mine.items()) ^ set(counts[file['path']].items()))[:5]}")
        if file["path"].endswith(".c"):
            share, number = sums[file["path"]]
            if number != file["lines"] or abs(share - 100 * file["lines_run"] / number) > 0.006:
                sys.exit(f"{file['path']}: {file['lines_run']} of {file['lines']}, gcov: {share} of {number}")
        files += 1
        lines += len(mine)
print(files, "files,", lines, "lines")
sys.exit(files < 8 or lines < 1000)
END
	python3 "$work/as-gcov.py" "$1" build/qemu/obj >"$out" 2>"$err"
}

mkdir -p "$work/lab/build/lab" "$work/lab/devices" "$work/lab/kc"
KC_ROOT="$work/lab" try 10 "$kc" run --coverage -- true
refused "a lab without them says in one sentence what builds them" 241 "'make coverage' in $work/lab builds them"
[ "$(grep -c '^kc: ' "$err")" = 1 ]
result $? "and no more than that"
if [ ! -e build/lab/coverage/qemu-system-x86_64 ]; then
	skip "what is counted is gcov's own" "the kernel and the QEMU that count are not built: 'make coverage' builds them"
	done_testing
	exit
fi
try 300 "$kc" test hello/split hello/smp4 --coverage-to "$to"
[ $status = 0 ] && [ "$(tail -n 1 "$out")" = "2 passed, 0 failed, 0 skipped" ]
result $? "tests pass on a kernel and a QEMU that count"
grep -q '^kc: hello, the driver: [0-9]* of [0-9]* lines (' "$err" &&
	grep -q '^kc: hello, the device: [0-9]* of [0-9]* lines (' "$err" && grep -q "page: $to/index.html" "$err"
result $? "both halves are summed up, and the page is named"
grep 'never run in the device' "$err" | grep -q 'hello_unrealize()'
result $? "what of the device these tests never reached is named"
as_gcov "$to"
result $? "each count, of each line and file, is gcov's own"
mkdir "$work/wrong" && cp -R "$to/gcov" "$work/wrong/" && tr -d ' \n' <"$to/coverage.json" |
	sed 's/"line_counts":\[\[\([0-9]*\),/&9/' >"$work/wrong/coverage.json"
! as_gcov "$work/wrong"
result $? "and a count that is wrong would be seen"
asked "$to/coverage.json" 'data["guests"] == 2 and not data["missing"] and set(pairs) >= {"hello", "virtio itself"}
	and not set(pairs) & {"echo", "net", "fault"}
	and calls("hello", "device", "hello_unrealize") == 0 and calls("hello", "driver", "hello_probe") >= 2'
result $? "two guests are added up, and devices that they did not have are left out"
python3 - "$to" >"$out" 2>"$err" <<'END'
import html.parser
import json
import re
import sys

text = open(sys.argv[1] + "/index.html").read()
info = open(sys.argv[1] + "/lcov.info").read()
files = [f for pair in json.load(open(sys.argv[1] + "/coverage.json"))["pairs"]
         for side in ("driver", "device") for f in pair[side]["files"] if pair[side]["met"]]
ids, links = set(re.findall(r" id=([\w-]+)", text)), re.findall(r"href=#([\w-]+)", text)
print("links without a place:", set(links) - ids)
shown = sum(f["file"] in text for f in files)
print(shown, "of", len(files), "files; functions never run:", len(links))
lcov = sum("SF:%s\n" % f["path"] in info and "LF:%d\nLH:%d\n" % (f["lines"], f["lines_run"]) in info for f in files)
never = sum(not g["calls"] for f in files for g in f["function_list"])
sys.exit(bool(set(links) - ids) or shown != len(files) or lcov != len(files) or len(links) < never > 0
         or "<script" in text or re.search(r"(src|href)=[\"']?(http|/)", text) is not None)
END
result $? "the page and lcov.info have each file, and the page needs nothing else"
expect "nothing is left, in the build or elsewhere" nothing_left

try 300 "$kc" run --module hello_virtio --coverage-to "$to" -- \
	sh -c 'hello_test probe sizes >/dev/null; rmmod hello_virtio; echo said; exit 3'
[ $status = 3 ] && [ "$(cat "$out")" = said ] &&
	asked "$to/coverage.json" 'data["guests"] == 1 and calls("hello", "driver", "hello_remove") == 1'
result $? "kc run keeps output and status; what a module that is gone had run is counted"
! grep -q 'never run in the driver:.*hello_remove()' "$err"
result $? "and not told as never run"

cp "$to/coverage.json" "$work/before.json"
"$kc" test hello --coverage-to "$to" >"$out" 2>"$err" &
pid=$!
running() {
	[ -n "$(qemus)" ]
}
await 60 running
kill -INT $pid
wait $pid
status=$?
[ $status -ge 128 ] && cmp -s "$to/coverage.json" "$work/before.json" && nothing_left
result $? "what is interrupted leaves what was there before, and nothing else"
try 300 "$kc" run --coverage-to "$to" --timeout 3 -- sh -c 'sleep 100'
[ $status = 246 ] && grep -q 'what the driver counted is missing of 1 of 1 guests: ' "$err" && asked "$to/coverage.json" 'data["missing"]'
result $? "a guest that could not be asked is told as missing"

try 10 "$kc" test hello --coverage --kernel debug
refused "another kernel" 240 "leave out --debug-kernel"
try 10 "$kc" run --coverage --qemu /bin/true -- true
refused "another QEMU" 240 "leave out --qemu"
mkdir "$work/mine" && echo mine >"$work/mine/notes"
try 10 "$kc" run --coverage-to "$work/mine" -- true
refused "a folder of somebody else's" 240 "has files in it that are not coverage's"
try 10 "$kc" run --coverage-to "$work/mine/notes" -- true
refused "a file" 248 "$work/mine/notes"
expect "and none of these left anything" nothing_left

done_testing
