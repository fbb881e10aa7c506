/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The form that lcov, genhtml, editors and CI systems read. */
#include "coverage/results.h"

static void put_source(FILE *out, const struct source *source)
{
	struct source_sum sum = {0};

	source_add_up(&sum, source);
	fprintf(out, "SF:%s\n", source->path);
	for (guint i = 0; i < source->functions->len; i++) {
		const struct source_function *function = g_ptr_array_index(source->functions, i);

		fprintf(out, "FN:%u,%s\nFNDA:%" G_GUINT64_FORMAT ",%s\n", function->line,
			function->name, function->calls, function->name);
	}
	fprintf(out, "FNF:%u\nFNH:%u\n", sum.functions, sum.functions_run);
	for (guint i = 0; i < source->lines->len; i++) {
		const struct source_line *line = &g_array_index(source->lines, struct source_line,
								i);

		fprintf(out, "DA:%u,%" G_GUINT64_FORMAT "\n", line->number, line->count);
	}
	fprintf(out, "LF:%u\nLH:%u\nend_of_record\n", sum.lines, sum.lines_run);
}

void results_put_lcov(FILE *out, const void *data)
{
	const struct results *results = data;

	for (guint i = 0; i < results->pairs->len; i++) {
		const struct pair *pair = g_ptr_array_index(results->pairs, i);

		for (int side = 0; side < SIDES; side++) {
			const struct half *half = &pair->halves[side];

			if (half->sources->len)
				fprintf(out, "TN:%s\n", side_name(side));
			for (guint k = 0; k < half->sources->len; k++)
				put_source(out, g_ptr_array_index(half->sources, k));
		}
	}
}
