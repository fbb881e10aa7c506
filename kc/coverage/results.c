/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coverage/results.h"

#define NAMED 8 /* functions in a line for a terminal */

char *results_share(unsigned run, unsigned all, const char *what)
{
	unsigned permille = source_permille(run, all);

	return g_strdup_printf("%u of %u %s (%u.%u %%)", run, all, what, permille / 10,
			       permille % 10);
}

const struct source_function *results_next_never(const struct half *half,
						 struct results_never *place,
						 const struct source **source)
{
	for (; place->source < half->sources->len; place->source++, place->function = 0) {
		*source = g_ptr_array_index(half->sources, place->source);
		while (place->function < (*source)->functions->len) {
			const struct source_function *function = g_ptr_array_index(
				(*source)->functions, place->function++);

			if (!function->calls)
				return function;
		}
	}
	return NULL;
}

static void tell_never(FILE *out, const struct half *half, enum side side)
{
	struct results_never place = {0};
	const struct source_function *function;
	const struct source *source;
	unsigned count = 0;

	while ((function = results_next_never(half, &place, &source))) {
		if (count == 0)
			fprintf(out, "kc:   never run in the %s:", side_name(side));
		if (count < NAMED)
			fprintf(out, "%s %s()", count ? "," : "", function->name);
		count++;
	}
	if (count > NAMED)
		fprintf(out, " and %u more", count - NAMED);
	if (count)
		fputc('\n', out);
}

static void tell_half(FILE *out, const struct pair *pair, enum side side)
{
	const struct half *half = &pair->halves[side];
	g_autofree char *lines = results_share(half->sum.lines_run, half->sum.lines, "lines");
	g_autofree char *functions = results_share(half->sum.functions_run, half->sum.functions,
						   "functions");

	if (half->met)
		fprintf(out, "kc: %s, the %s: %s, %s\n", pair->name, side_name(side), lines,
			functions);
	if (half->met)
		tell_never(out, half, side);
}

void results_tell(FILE *out, const struct results *results)
{
	for (guint i = 0; i < results->pairs->len; i++)
		for (int side = 0; side < SIDES; side++)
			tell_half(out, g_ptr_array_index(results->pairs, i), side);
	for (guint i = 0; i < results->missing->len; i++)
		fprintf(out, "kc: coverage: %s\n",
			(const char *)g_ptr_array_index(results->missing, i));
}
