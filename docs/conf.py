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


def plain_code(app, page, template, context, doctree):
    """Code in one colour: those of a highlighter are too faint for who sees none."""
    context["metatags"] = context.get("metatags", "") + \
        "<style>.highlight span { color: inherit !important; }</style>"


def setup(app):
    app.connect("html-page-context", plain_code)
