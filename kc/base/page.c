/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/page.h"
#include "base/quote.h"

void page_put_part(FILE *out, GResource *parts, const char *path)
{
	g_autoptr(GBytes)
		part = g_resource_lookup_data(parts, path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

	g_assert(part); /* linked into kc */
	fwrite(g_bytes_get_data(part, NULL), 1, g_bytes_get_size(part), out);
}

void page_put_head(FILE *out, GResource *parts, const char *folder, const char *css)
{
	g_autofree char *head = g_build_path("/", folder, "head.html", NULL);
	g_autofree char *style = g_build_path("/", folder, css, NULL);

	page_put_part(out, parts, head);
	fputs("<style>\n", out);
	page_put_part(out, parts, style);
	fputs("</style>\n", out);
}

void page_put_text(FILE *out, const char *text)
{
	g_autofree char *safe = quote_printable(text);
	g_autofree char *escaped = g_markup_escape_text(safe, -1);

	fputs(escaped, out);
}

void page_put_tagged(FILE *out, const char *open, const char *text, const char *close)
{
	fputs(open, out);
	page_put_text(out, text);
	fputs(close, out);
}

void page_put_code(FILE *out, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	g_autofree char *escaped = g_markup_escape_text(valid, -1);

	fputs(escaped, out);
}
