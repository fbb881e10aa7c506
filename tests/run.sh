#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs test files, each of which prints TAP, and adds up. A file that ends
# early, prints no plan or another number of results than it planned counts as
# one failure more: silence is never a pass.
#
# usage: run.sh FILE...

set -u
here=$(cd "$(dirname "$0")" && pwd)
log=$here/../build/log/tests
mkdir -p "$log"
passed=0
failed=0
skipped=0

# count PATTERN FILE
count() {
	grep -cE "$1" "$2" || true
}

for file in "$@"; do
	name=$(basename "$file" .sh)
	start=$(date +%s)
	"$file" >"$log/$name.tap" 2>&1
	status=$?
	bad=$(count '^not ok ' "$log/$name.tap")
	skips=$(count '^ok .*# SKIP' "$log/$name.tap")
	good=$(($(count '^ok ' "$log/$name.tap") - skips))
	plan=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$log/$name.tap" | tail -n 1)
	grep -E '^not ok |# SKIP' "$log/$name.tap"
	if [ "$plan" != $((good + bad + skips)) ] || { [ $status -ne 0 ] && [ "$bad" = 0 ]; }; then
		echo "not ok $name: status $status, planned ${plan:-nothing}, saw $((good + bad + skips))"
		tail -n 5 "$log/$name.tap" | sed 's/^/# /'
		bad=$((bad + 1))
	fi
	printf '%-16s %3d passed, %d failed, %d skipped, %d s\n' "$name" \
		"$good" "$bad" "$skips" $(($(date +%s) - start))
	passed=$((passed + good))
	failed=$((failed + bad))
	skipped=$((skipped + skips))
done
[ $failed = 0 ] || echo "What failed is told in full in build/log/tests/."
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
