/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page is kc/page/, put together, with the trace's records in base64. */
#include "trace-html.h"
#include "output.h"
#include "trace-about.h"
#include "trace-pack.h"

#include <gio/gio.h>
#include <stdio.h>

#define PIECE (48 * 1024)

static const char *const scripts[] = {"data.js",   "index.js",	 "window.js", "lanes.js",
				      "stages.js", "ring.js",	 "words.js",  "steps.js",
				      "main.js",   "selftest.js"};

static void put_part(FILE *out, const char *name)
{
	g_autofree char *path = g_strconcat("/kc/page/", name, NULL);
	g_autoptr(GBytes) part = g_resources_lookup_data(path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

	g_assert(part); /* linked into kc */
	fwrite(g_bytes_get_data(part, NULL), 1, g_bytes_get_size(part), out);
}

static void put_base64(FILE *out, const GByteArray *bytes)
{
	char text[(PIECE / 3 + 1) * 4 + 4];
	gint state = 0, save = 0;
	gsize n;

	for (guint done = 0; done < bytes->len; done += PIECE) {
		n = g_base64_encode_step(bytes->data + done, MIN(PIECE, bytes->len - done), FALSE,
					 text, &state, &save);
		fwrite(text, 1, n, out);
	}
	n = g_base64_encode_close(FALSE, text, &state, &save);
	fwrite(text, 1, n, out);
}

static void put_data(FILE *out, const struct trace *trace)
{
	g_autoptr(GByteArray) records = trace_pack(trace);
	g_autofree char *about = trace_about(trace);

	fprintf(out, "<script type=\"application/json\" id=\"about\">%s</script>\n", about);
	fputs("<script type=\"application/octet-stream\" id=\"records\">", out);
	put_base64(out, records);
	fputs("</script>\n", out);
}

static void put_page(FILE *out, const void *trace)
{
	put_part(out, "head.html");
	fputs("<style>\n", out);
	put_part(out, "page.css");
	fputs("</style>\n", out);
	put_part(out, "body.html");
	put_data(out, trace);
	fputs("<script>\n\"use strict\";\n", out);
	for (guint i = 0; i < G_N_ELEMENTS(scripts); i++)
		put_part(out, scripts[i]);
	fputs("</script>\n", out);
}

bool trace_html_write(const struct trace *trace, const char *file, GError **error)
{
	return output_write("--html", file, put_page, trace, error);
}
