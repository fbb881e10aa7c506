#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# devices/net/specification.md: its rows are numbered without a gap, for the device and for
# the driver, each is about one heading of the text, and names tests that there are; where
# NET_SPEC names the TeX of the text (device-types/net/description.tex of 1.4), it says MUST
# as often as is told there.
. "$(dirname "$0")/../lib.sh"

page=$root/devices/net/specification.md
: >"$err"

# The parts of the page
awk -v work="$work" '/^## The / { to = work "/" $3 } to { print >to }' "$page"

check_rows() {
	awk -F ' *[|] *' '/^[|] [0-9]+ *[|]/ { print $2 }' "$work/$1" >"$work/rows"
	seq "$(wc -l <"$work/rows")" | cmp -s - "$work/rows" && [ -s "$work/rows" ]
	result $? "$1: $(wc -l <"$work/rows") rows are numbered without a gap"

	# HEADING|MUSTS|FIRST|LAST; no rows: 0
	awk -F ' *[|] *' '/^[|] under the heading/ { inside = 1; next }
		!/^[|]/ { inside = 0 }
		inside && !/^[|]-/ { split($4, row, "-"); print $2 "|" $3 "|" row[1] + 0 "|" (row[2] ? row[2] : row[1]) + 0 }' \
		"$work/$1" >"$work/headings.$1"
	awk -F '|' '$3 { for (i = $3; i <= $4; i++) print i }' "$work/headings.$1" | cmp -s - "$work/rows"
	result $? "$1: each is of one heading, and each heading's are there"
}

# KIND FILE: the page's words behind `KIND`: are in the file, as PATTERN has them (%s is the word).
# shellcheck disable=SC2016 # the page's own marks
check_names() {
	grep -oE "\`$1\`: [a-z0-9_-]+" "$page" | sed 's/.*: //' | sort -u >"$work/named"
	while read -r name; do
		case $name in of | told | each) [ "$1" = verify ] || continue ;; esac
		# shellcheck disable=SC2059 # that is what it is for
		grep -qwE "$(printf "$3" "$name")" "$root/$2" || echo "$1: $name"
	done <"$work/named" >"$out"
	[ -s "$work/named" ] && [ ! -s "$out" ]
	result $? "the $(wc -l <"$work/named") of $2 that it names are there"
}

# A heading that the text has several times counts once for each; one may go on in the next line.
count_musts() {
	awk -v side="$2" '/^\\(driver|device)normative\{.*[^}]$/ { head = $0; getline; $0 = head " " $0 }
		/^\\(driver|device)normative\{/ { on = index($0, side) == 2; split($0, part, /[{}]/); title = part[4]
			sub(/ \/.*/, "", title); next }
		/^\\(sub)*(section|paragraph)\{/ { on = 0 }
		on { sum[title] += gsub(/MUST/, "") }
		END { for (title in sum) print title "|" sum[title] }' "$1" | sort
}

check_musts() {
	if [ -r "${NET_SPEC:-}" ]; then
		count_musts "$NET_SPEC" "$1" >"$work/musts"
		cut -d '|' -f 1,2 "$work/headings.$1" | sort | diff - "$work/musts" >"$out"
		result $? "$1: the text says MUST as often"
	else
		skip "$1: the text says MUST as often" \
			"NET_SPEC names no text of virtio 1.4 (device-types/net/description.tex)"
	fi
}

for side in device driver; do
	check_rows $side
	check_musts $side
done
for file in packets config control flight reset verify; do
	check_names $file tests/devices/host-net-$file.c '%s'
done
check_names test devices/net/test.c '"%s"'
check_names lies tests/devices/net-lies.sh '%s'

done_testing
