/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HTML pages that need no other file: their fixed parts are resources, which are linked into kc. */
#ifndef KC_BASE_PAGE_H
#define KC_BASE_PAGE_H

#include <gio/gio.h>
#include <stdio.h>

/* @path, "/kc/bench/head.html", of @parts, which must have it */
void page_put_part(FILE *out, GResource *parts, const char *path);

/* @folder's head.html, and @css of it as a style: the head is still open, for a script's sake. */
void page_put_head(FILE *out, GResource *parts, const char *folder, const char *css);

/* Of whatever origin: valid UTF-8, without control characters, and not read as HTML */
void page_put_text(FILE *out, const char *text);

/* Text between pieces of HTML */
void page_put_tagged(FILE *out, const char *open, const char *text, const char *close);

/* As page_put_text(), but with tabs and all: a line of a source, in a pre element */
void page_put_code(FILE *out, const char *text);

#endif
