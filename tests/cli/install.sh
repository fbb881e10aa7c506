#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# make install: the tool and its pages, where PREFIX and DESTDIR say.
. "$(dirname "$0")/../lib.sh"
unset MAKEFLAGS MAKELEVEL
to=$work/to/opt/kc
man5=$to/share/man/man5
pages="$to/share/man/man1/kc.1 $man5/kc-trace-json.5 $man5/kc-bench-json.5 $man5/kc-matrix-json.5 $man5/kc-coverage-json.5"

try 300 make -s -C "$root" install DESTDIR="$work/to" PREFIX=/opt/kc
[ $status = 0 ] && cmp -s "$kc" "$to/bin/kc" && [ -s "$to/share/bash-completion/completions/kc" ]
result $? "make install puts kc and its completion under PREFIX"

# One term of the page for each first cell of the tables; hyphens are escaped there.
for page in trace-json bench-json matrix-json coverage-json; do
	# shellcheck disable=SC2016 # no command of the shell's
	sed -n 's/^| \(`[^|]*[^ ]\) *|.*/\1/p' "$root/docs/$page.md" |
		sed 's/`\([^`]*\)`/\\fB\1\\fR/g' >"$work/cells"
	grep -A 1 '^\.TP$' "$man5/kc-$page.5" | grep '^.fB' >"$work/terms"
	[ -s "$work/cells" ] && cmp -s "$work/cells" "$work/terms"
	result $? "kc-$page(5) has each row of docs/$page.md"
done

for page in $pages; do
	name="${page##*/} is roff without a fault"
	if ! command -v groff >/dev/null; then
		skip "$name" "there is no groff"
		continue
	fi
	try 30 groff -ww -man -Tutf8 "$page"
	[ $status = 0 ] && [ -s "$out" ] && [ ! -s "$err" ]
	result $? "$name"
done

done_testing
