/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "series/matrix-show.h"

#define COLUMN 16 /* of the longest outcome and two blanks */

static guint width_of(const GPtrArray *sides)
{
	guint width = 6;

	for (guint i = 0; i < sides->len; i++) {
		g_autofree char *name = matrix_side_name(g_ptr_array_index(sides, i));

		width = MAX(width, (guint)g_utf8_strlen(name, -1));
	}
	return width;
}

static void put_head(FILE *out, const struct matrix *matrix, guint first)
{
	fprintf(out, "\n%-*s", (int)first, "");
	for (guint i = 0; i < matrix->qemus->len; i++) {
		g_autofree char *name = matrix_side_name(matrix_qemu(matrix, i));

		fprintf(out, "  %-*s", COLUMN, name);
	}
	fputs("\n", out);
}

/* As wide as its head */
static void put_row(FILE *out, const struct matrix *matrix, guint row, guint first)
{
	g_autofree char *kernel = matrix_side_name(matrix_kernel(matrix, row));

	fprintf(out, "%-*s", (int)first, kernel);
	for (guint i = 0; i < matrix->qemus->len; i++) {
		g_autofree char *name = matrix_side_name(matrix_qemu(matrix, i));
		guint width = MAX((guint)g_utf8_strlen(name, -1), COLUMN);

		fprintf(out, "  %-*s", (int)width, outcome_name(matrix_cell(matrix, row, i)->kind));
	}
	fputs("\n", out);
}

static void put_reason(FILE *out, const struct matrix *matrix, guint row, guint column)
{
	const struct outcome *cell = matrix_cell(matrix, row, column);

	if (cell->kind == OUTCOME_PASS)
		return;
	fprintf(out, "%s on %s: %s: %s\n", matrix_kernel(matrix, row)->word,
		matrix_qemu(matrix, column)->word, outcome_name(cell->kind), cell->why);
	if (cell->folder)
		fprintf(out, "  all of it: %s/\n", cell->folder);
}

void matrix_table(FILE *out, const void *data)
{
	const struct matrix *matrix = data;
	guint first = width_of(matrix->kernels);

	put_head(out, matrix, first);
	for (guint row = 0; row < matrix->kernels->len; row++)
		put_row(out, matrix, row, first);
	fputs("\n", out);
	for (guint i = 0; i < matrix->cells->len; i++)
		put_reason(out, matrix, i / matrix->qemus->len, i % matrix->qemus->len);
	fprintf(out, "%u passed, %u failed, %u do not build, %u not run\n",
		matrix_count(matrix, OUTCOME_PASS), matrix_count(matrix, OUTCOME_FAIL),
		matrix_count(matrix, OUTCOME_NOT_BUILT), matrix_count(matrix, OUTCOME_UNKNOWN));
}
