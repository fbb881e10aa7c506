/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/page.h"
#include "series/matrix-show.h"

/* glib-compile-resources' own; to name it is what brings the page out of its archive. */
GResource *series_get_resource(void);

static void put_side(FILE *out, const struct side *side)
{
	page_put_tagged(out, "<th>", side->word, "");
	page_put_tagged(out, "<small>", side->version ? side->version : "not known",
			"</small></th>");
}

static void put_cell(FILE *out, const struct outcome *cell)
{
	g_autofree char *name = g_strdup(outcome_name(cell->kind));
	g_autofree char *class = g_strdelimit(g_strdup(name), " ", '-');

	fprintf(out, "<td class=\"%s\"><b>%s</b>", class, name);
	if (cell->why && *cell->why)
		page_put_tagged(out, "<small>", cell->why, "</small>");
	if (cell->tested > 0)
		fprintf(out, "<small>%.1f s</small>", cell->tested);
	if (cell->folder && cell->kind != OUTCOME_PASS)
		page_put_tagged(out, "<small><code>", cell->folder, "</code></small>");
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

	page_put_head(out, series_get_resource(), "/kc/series", "series.css");
	page_put_tagged(out, "</head>\n<body>\n<h1><code>", matrix->test, "</code></h1>\n<p>");
	fprintf(out, "%s; %u passed, %u failed, %u do not build, %u not run</p>\n", time,
		matrix_count(matrix, OUTCOME_PASS), matrix_count(matrix, OUTCOME_FAIL),
		matrix_count(matrix, OUTCOME_NOT_BUILT), matrix_count(matrix, OUTCOME_UNKNOWN));
	put_table(out, matrix);
	fputs("</body>\n</html>\n", out);
}
