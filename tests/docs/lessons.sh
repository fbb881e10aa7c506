#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# README and each lesson of the expedition, followed as their reader follows them:
# every command in order, and every output held against the text. In a folder that
# looks like the project; where a page makes a device, in the project itself, seen by
# that page alone through an overlay that keeps what is written.
#
# usage: lessons.sh [--update] [PAGE...]      (--update: make docs)
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../scratch.sh"

update=
[ "${1-}" != --update ] || {
	update=$1
	shift
}
cd "$root" || exit
all=
[ $# -gt 0 ] || {
	all=yes
	set -- README.md docs/expedition/*.md
}

# look_alike DIR: links to the project; what is written into build/ and docs/
# stays in there.
look_alike() {
	mkdir -p "$1/build"
	for part in "$root"/* "$root"/build/*; do
		to=$1${part#"$root"}
		[ -e "$to" ] || ln -s "$part" "$to"
	done
}

look_alike "$work/look_alike"
rm "$work/look_alike/docs"
cp -a "$root/docs" "$work/look_alike/docs"

# makes_device PAGE: what it makes is built into QEMU, whose build knows its place and
# anywhere else would compile all of itself
makes_device() {
	grep -qE '^\$ build/bin/kc new' "$1"
}

# In this shell's own TAP: pages.py numbers each page by itself.
follow() {
	export KC_ROOT="$root" PYTHONDONTWRITEBYTECODE=1
	where=
	folder=$work/look_alike
	! makes_device "$1" || { where="over_project $work/over" && folder=$root; }
	# shellcheck disable=SC2086 # an option or nothing
	$where "$root/scripts/pages.py" $update "$folder" "$1" >"$work/said" 2>"$err" </dev/null
	status=$?
	[ -s "$work/said" ] || {
		skip "$1" "no overlay can be mounted over the project here: $(tail -n 1 "$err")"
		return
	}
	written=$work/over/written/docs/expedition
	[ ! "$where" ] || [ ! "$update" ] || {
		[ ! -f "$written/${1##*/}" ] || cp "$written/${1##*/}" "$root/docs/expedition/"
		[ ! -d "$written/pictures" ] || cp -a "$written/pictures" "$work/look_alike/docs/expedition/"
	}
	cases=$((cases + 1))
	[ "$status" = 0 ] || [ "$status" = 77 ] || failures=$((failures + 1))
	sed "1d; s/^\\(not \\)*ok 1 /\\1ok $cases /" "$work/said"
	sed 's/^/# /' "$err"
}

# README's own words with the guest, in their lines, but for an answer that no device gives
plant() {
	mkdir "$work/planted"
	ln -s "$root/build" "$work/planted/"
	awk '/^```console/ { on = 1 } { print on ? $0 : "" } /^```$/ { on = 0 }' README.md |
		sed 's/^HELLO$/HALLO/' >"$work/planted/README.md"
	line=$(grep -n '^HALLO$' "$work/planted/README.md" | cut -d : -f 1)
	KC_ROOT=$root try 200 "$root/scripts/pages.py" --root "$work/planted" "$work/look_alike" README.md
	[ "$status" = 1 ] && [ "$line" ] && [ "$(grep -c '^# README.md:' "$out")" = 1 ] &&
		grep -q "^# README.md:$line: of: echo hello >message" "$out" && grep -q '# *found: *HELLO' "$out"
	result $? "a wrong output planted in README is told with its line"
}

if /usr/bin/python3 -c 'import markdown_it' 2>"$err"; then
	for page; do
		follow "$page"
	done
	[ ! "$all" ] || [ "$update" ] || plant
	[ -z "$update" ] || cp -a "$work/look_alike/docs/expedition/pictures" "$root/docs/expedition/"
else
	skip "the lessons are followed" "python3-markdown-it is not here"
fi
done_testing
