#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The site of make docs: all pages, no link that leads nowhere, nothing that takes colour to be read, and none that a
# narrow window must scroll sideways. What it needs is make docs' to install.
. "$(dirname "$0")/../lib.sh"

/usr/bin/python3 -c 'import sphinx, myst_parser, furo' 2>"$err" || {
	skip "the site is built" "Sphinx, MyST or Furo are not here; make docs installs them"
	done_testing
	exit
}
browser=$(command -v chromium || command -v chromium-headless-shell) || browser=
site=$root/build/site.$$
trap 'rm -rf "$work" "$site"' EXIT
cd "$root" || exit

try 200 scripts/site.sh "$site" README.md CONTRIBUTING.md docs/*.md docs/expedition/*.md devices/*/*.md modules/*/*.md \
	guest/*/README.md qemu/patches/README.md tests/faults/*/README.md
[ "$status" = 0 ] && grep -q 'pages are whole' "$out"
result $? "the site is built, and whole"

page=$site/docs/expedition/glossary.html
cp "$page" "$work/page"
# planted NAME WORDS TEXT: a page with TEXT in it
planted() {
	sed "s|</body>|$3</body>|" "$work/page" >"$page"
	# shellcheck disable=SC2086 # a path, or nothing
	try 200 scripts/site-check.py "$site" $browser
	[ "$status" = 1 ] && grep -qF "glossary.html: $2" "$out"
	result $? "$1"
}
planted "a link that leads nowhere is found" "leads nowhere: none.html" '<a href="none.html">x</a>'
planted "and one to no place of a page" "no such place: 3-device.html#none" '<a href="3-device.html#none">x</a>'
planted "and a picture that is not there" "leads nowhere: none.png" '<img src="none.png">'
if [ "$browser" ]; then
	planted "and a page that is too wide" "90" '<p style="width: 900px">x</p>'
	planted "and text that is told from its ground by colour alone" "too faint in the light theme: pale" \
		'<p style="color: #d04040; background: #507050">pale</p>'
	planted "and a link that is told from the text by its colour alone" "a link by its colour alone: red" \
		'<article><p><a style="color: red; text-decoration: none" href="3-device.html">red</a></p></article>'
	planted "and one whose line is hardly seen" "a link by its colour alone: faint" \
		'<article><p><a style="text-decoration-color: #eee" href="3-device.html">faint</a></p></article>'
else
	skip "what a browser sees is found" "there is no chromium"
fi
done_testing
