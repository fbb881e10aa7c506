#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kc trace --html: the page of a real trace, opened in a browser, where it
# checks itself. tests/trace/host-html.c does so with made-up ones.
. "$(dirname "$0")/../lib.sh"

page=$work/page.html
browser=$(command -v chromium || command -v chromium-headless-shell) || browser=

# opened NAME WORDS: the page's own check, in the browser, passes with these words.
opened() {
	if [ -z "$browser" ]; then
		skip "$1" "there is no chromium"
		return
	fi
	try 120 "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
		--no-first-run --user-data-dir="$work/profile" --dump-dom "file://$page#selftest"
	sed -n 's/^.*<pre id="verdict">/# /p' "$out" | cut -d '<' -f 1
	grep -q '<pre id="verdict">self-test passed: '"$2" "$out"
	result $? "$1"
}

for packed in off on; do
	try 200 "$kc" trace --module echo_virtio --device "virtio-echo-pci,packed=$packed" \
		--only echo --html "$page" -- echo_test latency 50 64
	[ $status = 0 ] && grep -q '50 buffers: 50 complete' "$out" && [ -s "$page" ]
	result $? "a page of a trace, packed=$packed"
	# The one address in it is the name of a kind of picture.
	! grep -E '(src|href) *=|https?://|@import|url\(' "$page" |
		grep -vE 'http://www.w3.org/2000/svg|url\(#' >"$out"
	result $? "which asks for nothing outside of it"
	opened "which a browser opens, its own reckoning that of kc" "50 buffers, 150 descriptors"
done

try 200 "$kc" trace --smp 2 --buffer 1M --module echo_virtio --device virtio-echo-pci --only echo --html "$page" -- \
	echo_test stream 12000 64
[ $status = 0 ] && grep -q ' touched by lost events' "$out"
result $? "a page of a trace that has lost events"
opened "which a browser opens just so" "12000 buffers"

done_testing
