# SPDX-License-Identifier: GPL-2.0-or-later
# How Sphinx makes the site of `make docs`.
project = "KernelCraft"
html_title = "KernelCraft"
extensions = ["myst_parser"]
html_theme = "furo"
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
myst_heading_anchors = 4
# Outputs of a terminal are no program: nothing is coloured in them.
highlight_language = "text"
suppress_warnings = ["myst.header", "misc.highlighting_failure"]


# Code in one colour: those of a highlighter are too faint for who sees none. Links
# with a line that is seen, for the same reason. Room for the lines of a terminal, where
# the window has it beside both sidebars.
STYLE = """<style>
.highlight span { color: inherit !important; }
article a { text-decoration-color: currentColor; }
@media (min-width: 97em) { .content { width: 60em !important; } }
</style>"""


def put_style(app, page, template, context, doctree):
    context["metatags"] = context.get("metatags", "") + STYLE


def setup(app):
    app.connect("html-page-context", put_style)
