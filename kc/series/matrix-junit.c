/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/quote.h"
#include "series/matrix-show.h"

static void put_attribute(FILE *out, const char *name, const char *value)
{
	g_autofree char *safe = quote_printable(value ? value : "");
	g_autofree char *escaped = g_markup_escape_text(safe, -1);

	fprintf(out, " %s=\"%s\"", name, escaped);
}

static void put_seconds(FILE *out, double seconds)
{
	char number[G_ASCII_DTOSTR_BUF_SIZE];

	fprintf(out, " time=\"%s\"", g_ascii_formatd(number, sizeof(number), "%.3f", seconds));
}

static void put_counts(FILE *out, const guint *counts, double seconds)
{
	fprintf(out, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\"",
		counts[OUTCOME_PASS] + counts[OUTCOME_FAIL] + counts[OUTCOME_NOT_BUILT] +
			counts[OUTCOME_UNKNOWN],
		counts[OUTCOME_FAIL], counts[OUTCOME_NOT_BUILT], counts[OUTCOME_UNKNOWN]);
	put_seconds(out, seconds);
	fputs(">\n", out);
}

static void put_cell(FILE *out, const struct matrix *matrix, guint row, guint column)
{
	static const char *const elements[] = {
		[OUTCOME_FAIL] = "failure",
		[OUTCOME_NOT_BUILT] = "error",
		[OUTCOME_UNKNOWN] = "skipped",
	};
	const struct outcome *cell = matrix_cell(matrix, row, column);
	g_autofree char *qemu = matrix_side_name(matrix_qemu(matrix, column));

	fputs("    <testcase", out);
	put_attribute(out, "classname", matrix_kernel(matrix, row)->word);
	put_attribute(out, "name", qemu);
	put_seconds(out, cell->tested);
	fputs(">\n", out);
	if (cell->kind != OUTCOME_PASS) {
		g_autofree char *why = g_strdup_printf("%s: %s", outcome_name(cell->kind),
						       cell->why);

		fprintf(out, "      <%s", elements[cell->kind]);
		put_attribute(out, "message", why);
		fputs("/>\n", out);
	}
	fputs("    </testcase>\n", out);
}

static void put_suite(FILE *out, const struct matrix *matrix, guint row)
{
	g_autofree char *name = matrix_side_name(matrix_kernel(matrix, row));
	guint counts[OUTCOME_STOP + 1] = {0};
	double seconds = 0;

	for (guint i = 0; i < matrix->qemus->len; i++) {
		counts[matrix_cell(matrix, row, i)->kind]++;
		seconds += matrix_cell(matrix, row, i)->tested;
	}
	fputs("  <testsuite", out);
	put_attribute(out, "name", name);
	put_counts(out, counts, seconds);
	for (guint i = 0; i < matrix->qemus->len; i++)
		put_cell(out, matrix, row, i);
	fputs("  </testsuite>\n", out);
}

void matrix_junit(FILE *out, const void *data)
{
	const struct matrix *matrix = data;
	guint counts[OUTCOME_STOP + 1];

	for (enum outcome_kind kind = 0; kind <= OUTCOME_STOP; kind++)
		counts[kind] = matrix_count(matrix, kind);
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites", out);
	put_attribute(out, "name", matrix->test);
	put_counts(out, counts, matrix->seconds);
	for (guint row = 0; row < matrix->kernels->len; row++)
		put_suite(out, matrix, row);
	fputs("</testsuites>\n", out);
}
