/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/quote.h"
#include "series/matrix-show.h"

#include <gio/gio.h>

/* glib-compile-resources' own; to name it is what brings the page out of its archive. */
GResource *series_get_resource(void);

static void put_part(FILE *out, const char *name)
{
	g_autofree char *path = g_strconcat("/kc/series/", name, NULL);
	g_autoptr(GBytes) part = g_resource_lookup_data(series_get_resource(), path,
							G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

	g_assert(part); /* linked into kc */
	fwrite(g_bytes_get_data(part, NULL), 1, g_bytes_get_size(part), out);
}

static void put_text(FILE *out, const char *text)
{
	g_autofree char *safe = quote_printable(text);
	g_autofree char *escaped = g_markup_escape_text(safe, -1);

	fputs(escaped, out);
}

static void put_side(FILE *out, const struct side *side)
{
	fputs("<th>", out);
	put_text(out, side->word);
	fputs("<small>", out);
	put_text(out, side->version ? side->version : "not known");
	fputs("</small></th>", out);
}

static void put_cell(FILE *out, const struct outcome *cell)
{
	g_autofree char *name = g_strdup(outcome_name(cell->kind));
	g_autofree char *class = g_strdelimit(g_strdup(name), " ", '-');

	fprintf(out, "<td class=\"%s\"><b>%s</b>", class, name);
	if (cell->why && *cell->why) {
		fputs("<small>", out);
		put_text(out, cell->why);
		fputs("</small>", out);
	}
	if (cell->tested > 0)
		fprintf(out, "<small>%.1f s</small>", cell->tested);
	if (cell->folder && cell->kind != OUTCOME_PASS) {
		fputs("<small><code>", out);
		put_text(out, cell->folder);
		fputs("</code></small>", out);
	}
	fputs("</td>", out);
}

static void put_table(FILE *out, const struct matrix *matrix)
{
	fputs("<div class=\"wide\"><table>\n<tr><th>kernel \\ QEMU</th>", out);
	for (guint i = 0; i < matrix->qemus->len; i++)
		put_side(out, matrix_qemu(matrix, i));
	fputs("</tr>\n", out);
	for (guint row = 0; row < matrix->kernels->len; row++) {
		fputs("<tr>", out);
		put_side(out, matrix_kernel(matrix, row));
		for (guint i = 0; i < matrix->qemus->len; i++)
			put_cell(out, matrix_cell(matrix, row, i));
		fputs("</tr>\n", out);
	}
	fputs("</table></div>\n", out);
}

void matrix_html(FILE *out, const void *data)
{
	const struct matrix *matrix = data;
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	g_autofree char *time = g_date_time_format(now, "%F %T");

	put_part(out, "head.html");
	fputs("<style>\n", out);
	put_part(out, "series.css");
	fputs("</style>\n</head>\n<body>\n<h1><code>", out);
	put_text(out, matrix->test);
	fprintf(out, "</code></h1>\n<p>%s; %u passed, %u failed, %u do not build, %u not run</p>\n",
		time, matrix_count(matrix, OUTCOME_PASS), matrix_count(matrix, OUTCOME_FAIL),
		matrix_count(matrix, OUTCOME_NOT_BUILT), matrix_count(matrix, OUTCOME_UNKNOWN));
	put_table(out, matrix);
	fputs("</body>\n</html>\n", out);
}
