#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs test files, as many at a time as there are CPUs, each of which prints
# TAP, and adds up. A file that ends early, prints no plan or another number of
# results than it planned counts as one failure more: silence is never a pass.
#
# usage: run.sh FILE...

set -u
here=$(cd "$(dirname "$0")" && pwd)
log=$here/../build/log/tests

# count PATTERN FILE
count() {
	grep -cE "$1" "$2" || true
}

# run_one FILE: in one piece what is said of it, as others speak, too.
run_one() {
	name=$(basename "$1" .sh)
	tap=$log/$name.tap
	start=$(date +%s)
	"$1" >"$tap" 2>&1
	status=$?
	bad=$(count '^not ok ' "$tap")
	skips=$(count '^ok .*# SKIP' "$tap")
	good=$(($(count '^ok ' "$tap") - skips))
	plan=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$tap" | tail -n 1)
	said=$(grep -E '^(not ok |ok .*# SKIP)' "$tap" | sed "s/^/$name: /")
	if [ "$plan" != $((good + bad + skips)) ] || { [ $status -ne 0 ] && [ "$bad" = 0 ]; }; then
		said="$said
$name: status $status, planned ${plan:-nothing}, saw $((good + bad + skips)); it ended with:
$(tail -n 5 "$tap" | sed 's/^/# /')"
		bad=$((bad + 1))
	fi
	echo "$good $bad $skips" >"$log/$name.count"
	printf '%s%-16s %3d passed, %d failed, %d skipped, %d s\n' "${said:+$said
}" "$name" "$good" "$bad" "$skips" $(($(date +%s) - start))
}

if [ "$1" = --one ]; then
	run_one "$2"
	exit 0
fi
mkdir -p "$log"
rm -f "$log"/*.count
printf '%s\n' "$@" | xargs -P "$(nproc)" -n 1 "$0" --one
awk -v files=$# '{ good += $1; bad += $2; skips += $3 }
	END {
		# A file whose worker was killed has left no count.
		bad += files - NR
		if (bad)
			print "What failed is told in full in build/log/tests/."
		printf "%d passed, %d failed, %d skipped\n", good, bad, skips
		exit bad > 0
	}' "$log"/*.count
