#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Each section of the specification that a page cites is one that is in the list of docs/expedition/sections.md, with
# the title that it has there; and each of the list is cited.
. "$(dirname "$0")/../lib.sh"

list=$root/docs/expedition/sections.md
awk -F ' *[|] *' '$2 ~ /^§/ { print $2 "\t" $3 }' "$list" >"$work/known"

# cited PAGE...: what they cite, "§N" or "§N<TAB>TITLE"
cited() {
	sed 's/[[:space:]]*$//' "$@" | tr '\n' ' ' | tr -s ' ' |
		grep -oE '§[0-9B](\.[0-9]+)*(, \*[^*]+\*)?' | sed 's/, \*/\t/; s/\*$//' | sort -u
}

# wrong PAGE...: what of it the list does not have
wrong() {
	cited "$@" | awk -F '\t' 'NR == FNR { title[$1] = $2; next }
		!($1 in title) { print $1 " is not in the list" }
		$2 && $2 != title[$1] { print $1 " is called " title[$1] ", not " $2 }' "$work/known" -
}

pages() {
	find "$root/docs" "$root/devices" "$root/learn" "$root/README.md" -name '*.md' ! -path "$list"
}

pages | xargs cat >"$work/all"
wrong "$work/all" >"$out"
[ "$(cited "$work/all" | wc -l)" -gt 50 ] && [ ! -s "$out" ]
result $? "each section that is cited is one of virtio 1.4, by its title"
cited "$work/all" | cut -f 1 | sort -u >"$work/numbers"
cut -f 1 "$work/known" | sort -u | comm -23 - "$work/numbers" >"$out"
[ ! -s "$out" ]
result $? "each section of the list is cited somewhere"

echo 'As §2.99 has it, and §2.4, *Device Reset*' >"$work/page"
[ "$(wrong "$work/page")" = "§2.99 is not in the list" ]
result $? "(a section that there is not is found)"
printf '§2.4, *Device\nCleanup*, and §2.6\n' >"$work/page"
[ "$(wrong "$work/page")" = "§2.4 is called Device Reset, not Device Cleanup" ]
result $? "(and a title of another)"
done_testing
