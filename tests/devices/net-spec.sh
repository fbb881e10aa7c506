#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# devices/net/specification.md: its rows are numbered without a gap, each is about one
# heading of the text, and names tests that there are; where NET_SPEC names the TeX of the
# text (device-types/net/description.tex of 1.4), it says MUST as often as is told there.
. "$(dirname "$0")/../lib.sh"

page=$root/devices/net/specification.md
: >"$err"

awk -F ' *[|] *' '/^[|] [0-9]+ [|]/ { print $2 }' "$page" >"$work/rows"
seq "$(wc -l <"$work/rows")" | cmp -s - "$work/rows" && [ -s "$work/rows" ]
result $? "$(wc -l <"$work/rows") rows are numbered without a gap"

# HEADING|MUSTS|FIRST|LAST; no rows: 0
awk -F ' *[|] *' '/^[|] under the heading/ { inside = 1; next }
	!/^[|]/ { inside = 0 }
	inside && !/^[|]-/ { split($4, row, "-"); print $2 "|" $3 "|" row[1] + 0 "|" (row[2] ? row[2] : row[1]) + 0 }' \
	"$page" >"$work/headings"
awk -F '|' '$3 { for (i = $3; i <= $4; i++) print i }' "$work/headings" | cmp -s - "$work/rows"
result $? "each is of one heading, and each heading's are there"

# shellcheck disable=SC2016 # the page's own marks
# `packets`: sent_as_it_is, ...: the words are tests of that file
grep -oE '`(packets|config|control|flight|reset)`: [a-z0-9_]+' "$page" | tr -d '`:' | sort -u >"$work/named"
while read -r file name; do
	[ "$name" = of ] || grep -qw "$name" "$root/tests/devices/host-net-$file.c" || echo "$file: $name"
done <"$work/named" >"$out"
[ -s "$work/named" ] && [ ! -s "$out" ]
result $? "the $(wc -l <"$work/named") tests that it names are there"

# A heading that the text has several times counts once for each.
count_musts() {
	awk '/^\\(driver|device)normative\{/ { on = /^\\device/; split($0, part, /[{}]/); title = part[4]
			sub(/ \/.*/, "", title); next }
		/^\\(sub)*(section|paragraph)\{/ { on = 0 }
		on { sum[title] += gsub(/MUST/, "") }
		END { for (title in sum) print title "|" sum[title] }' "$1" | sort
}

if [ -r "${NET_SPEC:-}" ]; then
	count_musts "$NET_SPEC" >"$work/musts"
	cut -d '|' -f 1,2 "$work/headings" | sort | diff - "$work/musts" >"$out"
	result $? "the text says MUST as often"
else
	skip "the text says MUST as often" "NET_SPEC names no text of virtio 1.4 (device-types/net/description.tex)"
fi

done_testing
