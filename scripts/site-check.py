#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Is a site whole? Prints what is wrong: a link or a picture that leads nowhere
in it, and a page that a browser this narrow must scroll sideways.

usage: site-check.py SITE [BROWSER]
"""

import html.parser
import os
import re
import subprocess
import sys
import tempfile
import urllib.parse

NARROW = 400
PROBE = """<!doctype html><meta charset="utf-8"><body></body><script>
const pages = {pages};
(async () => {{
	for (const page of pages) {{
		const frame = document.createElement("iframe");
		frame.style = "width: {width}px; height: 800px; border: 0";
		frame.src = page;
		document.body.append(frame);
		await new Promise((resolve) => frame.onload = resolve);
		const root = frame.contentDocument.documentElement;
		const line = document.createElement("p");
		line.textContent = `seen ${{page}} ${{root.scrollWidth}} wide, ${{root.innerText.length}} letters.`;
		frame.remove();
		document.body.append(line);
	}}
}})();
</script>"""


class Page(html.parser.HTMLParser):
    """The links of a page, and what in it can be linked to."""

    def __init__(self, path):
        super().__init__()
        self.links = []
        self.names = set()
        with open(path, encoding="utf-8") as file:
            self.feed(file.read())

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.append(value)
            if name == "id":
                self.names.add(value)


def dead_links(site, pages):
    for path, page in pages.items():
        for link in page.links:
            parts = urllib.parse.urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            to = os.path.normpath(os.path.join(os.path.dirname(path), urllib.parse.unquote(parts.path)))
            to = to if parts.path else path
            if not os.path.exists(to):
                yield f"{os.path.relpath(path, site)}: leads nowhere: {link}"
            elif parts.fragment and to in pages and parts.fragment not in pages[to].names:
                yield f"{os.path.relpath(path, site)}: no such place: {link}"


def too_wide(site, pages, browser):
    """In a browser; each page in a narrow frame of one page."""
    names = [os.path.relpath(path, site) for path in pages]
    probe = os.path.join(site, "probe.html")
    with open(probe, "w", encoding="utf-8") as file:
        file.write(PROBE.format(pages=names, width=NARROW))
    with tempfile.TemporaryDirectory() as profile:
        said = subprocess.run(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--no-first-run", "--allow-file-access-from-files", f"--user-data-dir={profile}",
             "--virtual-time-budget=60000", "--dump-dom", "file://" + os.path.abspath(probe)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=200, check=False).stdout
    os.remove(probe)
    seen = dict(re.findall(r"<p>seen (\S+) ([0-9]+) wide, [1-9][0-9]+ letters", said))
    for name in names:
        if name not in seen:
            yield f"{name}: the browser did not show it"
        elif int(seen[name]) > NARROW:
            yield f"{name}: {seen[name]} wide in a window of {NARROW}"


def main():
    site = sys.argv[1]
    pages = {}
    for folder, _, names in os.walk(site):
        for name in names:
            if name.endswith(".html"):
                path = os.path.normpath(os.path.join(folder, name))
                pages[path] = Page(path)
    wrong = list(dead_links(site, pages))
    if len(sys.argv) > 2:
        wrong += too_wide(site, pages, sys.argv[2])
    print("\n".join(wrong) or f"{len(pages)} pages are whole")
    return 1 if wrong or not pages else 0


if __name__ == "__main__":
    sys.exit(main())
