/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page is kc/trace/page/, put together, with the trace's records in base64. */
#include "trace/show/html.h"
#include "base/output.h"
#include "base/page.h"
#include "trace/show/html-header.h"
#include "trace/show/pack.h"

#include <stdio.h>

#define PIECE (48 * 1024)
#define FOLDER "/kc/page"

/* glib-compile-resources' own; to name it is what brings the page out of its archive. */
GResource *page_get_resource(void);

static const char *const scripts[] = {
	FOLDER "/data.js",   FOLDER "/index.js",   FOLDER "/window.js", FOLDER "/lanes.js",
	FOLDER "/stages.js", FOLDER "/ring.js",	   FOLDER "/words.js",	FOLDER "/steps.js",
	FOLDER "/main.js",   FOLDER "/selftest.js"};

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
	g_autofree char *about = trace_html_header(trace);

	fprintf(out, "<script type=\"application/json\" id=\"about\">%s</script>\n", about);
	fputs("<script type=\"application/octet-stream\" id=\"records\">", out);
	put_base64(out, records);
	fputs("</script>\n", out);
}

/* What the scripts and kc must agree on: trace.h's lists and the order of a buffer's numbers. */
#define MEMBER(name, words) #name,
#define FLAG(name, bit) #name ": " #bit ", "
#define FIELD(name, value, array) "[\"" #name "\", " #array "Array], "

static void put_enum(FILE *out, const char *name, const char *const *members)
{
	int n = 0;

	fprintf(out, "const %s = { ", name);
	for (; members[n]; n++)
		fprintf(out, "%s: %d, ", members[n], n);
	fprintf(out, "};\nconst %sS = %d;\n", name, n);
}

static void put_constants(FILE *out)
{
	put_enum(out, "MOMENT", (const char *const[]){TRACE_MOMENT_LIST(MEMBER) NULL});
	put_enum(out, "STAGE", (const char *const[]){TRACE_STAGE_LIST(MEMBER) NULL});
	put_enum(out, "FATE", (const char *const[]){TRACE_FATE_LIST(MEMBER) NULL});
	fputs("const FLAG = { " TRACE_FLAG_LIST(FLAG) "};\n"
						      "const FIELDS = [" TRACE_PACK_LIST(
							      FIELD) "];\n",
	      out);
}

static void put_page(FILE *out, const void *trace)
{
	GResource *parts = page_get_resource();

	page_put_head(out, parts, FOLDER, "page.css");
	page_put_part(out, parts, FOLDER "/body.html");
	put_data(out, trace);
	fputs("<script>\n\"use strict\";\n", out);
	put_constants(out);
	for (guint i = 0; i < G_N_ELEMENTS(scripts); i++)
		page_put_part(out, parts, scripts[i]);
	fputs("</script>\n", out);
}

bool trace_html_write(const struct trace *trace, const char *file, GError **error)
{
	return output_write("--html", file, put_page, trace, error);
}
