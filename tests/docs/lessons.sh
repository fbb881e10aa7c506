#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# README and each lesson of the expedition, followed as their reader follows them:
# every command in order, and every output held against the text. In a folder that
# looks like the project; where a page makes a device, in a project of this test's own.
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

# own_project DIR: devices can be made in it, and are built.
own_project() {
	scratch_project "$1"
	ln -s "$root/build/bin" "$root/build/cache" "$1/build/"
}

# folder_for PAGE: where its commands are run
folder_for() {
	kind=look_alike
	! grep -qE '^\$ build/bin/kc (new|remove)' "$1" || kind=own_project
	[ -d "$work/$kind" ] || {
		$kind "$work/$kind"
		rm "$work/$kind/docs"
		cp -a "$root/docs" "$work/$kind/docs"
	}
	echo "$work/$kind"
}

# In this shell's own TAP: pages.py numbers each page by itself.
follow() {
	folder=$(folder_for "$1")
	KC_ROOT=$root
	[ "$folder" != "$work/own_project" ] || KC_ROOT=$folder
	export KC_ROOT PYTHONDONTWRITEBYTECODE=1
	# shellcheck disable=SC2086 # an option or nothing
	"$root/scripts/pages.py" $update "$folder" "$1" >"$work/said" 2>"$err" </dev/null
	status=$?
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
	[ -z "$update" ] || cp -a "$work"/*/docs/expedition/pictures "$root/docs/expedition/"
else
	skip "the lessons are followed" "python3-markdown-it is not here"
fi
done_testing
