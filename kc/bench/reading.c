/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/reading.h"

static void clear_figure(void *data)
{
	struct bench_figure *figure = data;

	g_free(figure->name);
	g_free(figure->unit);
}

void reading_init(struct bench_reading *reading)
{
	reading->figures = g_array_new(FALSE, FALSE, sizeof(struct bench_figure));
	g_array_set_clear_func(reading->figures, clear_figure);
	reading->operations = 1;
	reading->operation = "run";
}

void reading_clear(struct bench_reading *reading)
{
	g_clear_pointer(&reading->figures, g_array_unref);
}

void reading_add(struct bench_reading *reading, char *name, const char *unit, bool lower,
		 double value)
{
	struct bench_figure figure = {name, g_strdup(unit), lower, value};

	g_array_append_val(reading->figures, figure);
}
