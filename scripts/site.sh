#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The pages as a static site, by Sphinx. A warning, such as of a link that leads
# nowhere, is an error; what was made is looked at in a browser, where there is one.
#
# usage: site.sh DIR PAGE...      (from the project's folder)

set -eu
. "$(dirname -- "$0")/common.sh"
site=$1
shift
# A tree of its own, as what stands beside the pages is not for the site.
pages=$site.pages
remove "$pages" "$site"
mkdir -p "$pages"
cp --parents -- "$@" docs/conf.py docs/*.svg docs/expedition/pictures/* "$pages/"
mv "$pages/docs/conf.py" "$pages/"
printf '%s\n' '# KernelCraft' '' '```{toctree}' ':maxdepth: 1' '' 'README' 'docs/expedition/README' \
	'CONTRIBUTING' '```' '' '```{toctree}' ':caption: Pages' ':maxdepth: 1' ':hidden:' ':glob:' '' \
	'docs/*' 'devices/*/*' 'modules/*/*' 'guest/*/README' 'qemu/patches/README' 'tests/faults/*/README' '```' \
	>"$pages/index.md"
printf '%s\n' '' '```{toctree}' ':hidden:' ':glob:' '' '[0-9]*' 'glossary' 'sections' '```' >>"$pages/docs/expedition/README.md"
/usr/bin/python3 -m sphinx -q -W --keep-going -b html -d "$site.seen" "$pages" "$site"
remove "$pages" "$site.seen"
# shellcheck disable=SC2046 # its path, or nothing
"$root/scripts/site-check.py" "$site" $(command -v chromium || command -v chromium-headless-shell)
echo "$site/index.html"
