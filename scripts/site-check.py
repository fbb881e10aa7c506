#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Is a site whole? Prints what is wrong: a link or a picture that leads nowhere
in it; and, in a browser, a page that must be scrolled sideways in a narrow window,
and what cannot be read without colour: text that is hardly lighter or darker than
what is behind it, and a link that nothing but its colour tells from the text: with
no line below it, or one that is hardly seen. In
the light theme and in the dark one.

usage: site-check.py SITE [BROWSER]
"""

import html
import html.parser
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.parse

NARROW = 360
CONTRAST = 4.5  # of brightness; WCAG 2's level AA for text
LINE = 3  # and for a line
# What it prints is a line of JSON for each page.
PROBE = """<!doctype html><meta charset="utf-8"><body></body><script>
const pages = {pages};

function channels(color) {{
	const numbers = color.match(/[0-9.]+/g).map(Number);
	return color.startsWith("color(") ? numbers.map((n, i) => i < 3 ? n * 255 : n) : numbers;
}}

function brightness(color) {{
	const [r, g, b] = channels(color).map((n) => {{
		n /= 255;
		return n <= 0.04045 ? n / 12.92 : ((n + 0.055) / 1.055) ** 2.4;
	}});
	return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}}

function behind(view, element) {{
	for (let at = element; at; at = at.parentElement) {{
		const color = view.getComputedStyle(at).backgroundColor;
		const [, , , alpha = 1] = channels(color);
		if (alpha > 0.5)
			return color;
	}}
	return "rgb(255, 255, 255)";
}}

function contrast(view, element, color) {{
	const one = brightness(color || view.getComputedStyle(element).color);
	const other = brightness(behind(view, element));
	return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}}

function faint(view, root) {{
	const found = [];
	const texts = root.ownerDocument.createTreeWalker(root, NodeFilter.SHOW_TEXT);
	while (texts.nextNode()) {{
		const text = texts.currentNode.data.trim(), element = texts.currentNode.parentElement;
		if (text && element.checkVisibility({{ visibilityProperty: true, opacityProperty: true }}) && contrast(view, element) < {contrast})
			found.push(text);
	}}
	return found;
}}

function coloured(view, root) {{
	const links = root.querySelectorAll("article p a[href], article li a[href], article td a[href]");
	const isPlain = (link) => {{
		const style = view.getComputedStyle(link);
		return style.textDecorationLine == "none" || contrast(view, link, style.textDecorationColor) < {line};
	}};
	return [...links].filter((link) => link.innerText.trim() && isPlain(link)).map((link) => link.innerText);
}}

(async () => {{
	for (const page of pages) {{
		const frame = document.createElement("iframe");
		frame.style = "width: {width}px; height: 800px; border: 0";
		frame.src = page;
		document.body.append(frame);
		await new Promise((resolve) => frame.onload = resolve);
		const view = frame.contentWindow, body = frame.contentDocument.body;
		const seen = {{ page, width: body.parentElement.scrollWidth, letters: body.innerText.length, coloured: [] }};
		for (const theme of ["light", "dark"]) {{
			body.dataset.theme = theme;
			seen[theme] = faint(view, body);
			seen.coloured.push(...coloured(view, body));
		}}
		frame.remove();
		const line = document.createElement("p");
		line.textContent = JSON.stringify(seen);
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


def look(site, names, browser):
    """What a browser sees of each page in a narrow frame, by its name."""
    probe = os.path.join(site, "probe.html")
    with open(probe, "w", encoding="utf-8") as file:
        file.write(PROBE.format(pages=names, width=NARROW, contrast=CONTRAST, line=LINE))
    with tempfile.TemporaryDirectory() as profile:
        said = subprocess.run(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--no-first-run", "--allow-file-access-from-files", f"--user-data-dir={profile}",
             "--virtual-time-budget=60000", "--dump-dom", "file://" + os.path.abspath(probe)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=200, check=False).stdout
    os.remove(probe)
    seen = [json.loads(html.unescape(line)) for line in re.findall(r"<p>({.*?})</p>", said)]
    return {one["page"]: one for one in seen}


def unreadable(site, pages, browser):
    """Pages that are too wide, or cannot be read without colour."""
    names = [os.path.relpath(path, site) for path in pages]
    seen = look(site, names, browser)
    for name in names:
        one = seen.get(name)
        if not one or one["letters"] < 10:
            yield f"{name}: the browser did not show it"
            continue
        if one["width"] > NARROW:
            yield f"{name}: {one['width']} wide in a window of {NARROW}"
        for theme in ("light", "dark"):
            for text in one[theme][:3]:
                yield f"{name}: too faint in the {theme} theme: {text}"
        for text in one["coloured"][:3]:
            yield f"{name}: a link by its colour alone: {text}"


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
        wrong += unreadable(site, pages, sys.argv[2])
    print("\n".join(wrong) or f"{len(pages)} pages are whole")
    return 1 if wrong or not pages else 0


if __name__ == "__main__":
    sys.exit(main())
