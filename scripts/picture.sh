#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A picture of a page that kc wrote, as a browser shows it.
#
# usage: picture.sh PAGE.html[#keys=KEYS] PICTURE.png [WIDTH,HEIGHT]

set -eu
. "$(dirname -- "$0")/common.sh"
[ $# -ge 2 ] || die "usage: picture.sh PAGE.html[#keys=KEYS] PICTURE.png [WIDTH,HEIGHT]"
page=${1%%#*}
[ -r "$page" ] || die "cannot read the page $page."
browser=$(command -v chromium || command -v chromium-headless-shell || command -v google-chrome) ||
	die "there is no chromium here; make docs installs it."
case $2 in /*) picture=$2 ;; *) picture=$PWD/$2 ;; esac
mkdir -p "$(dirname "$picture")"
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
# It says on stderr what it misses of a desktop.
timeout -k 5 120 "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
	--hide-scrollbars --user-data-dir="$profile" --window-size="${3:-1000,1000}" \
	--screenshot="$picture" "file://$(realpath "$page")${1#"$page"}" >"$profile/said" 2>&1 ||
	{ tail -n 3 "$profile/said" >&2; die "chromium made no picture of $page."; }
[ -s "$picture" ] || die "chromium made no picture of $page."
