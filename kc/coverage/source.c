/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coverage/source.h"

static void function_free(void *data)
{
	struct source_function *function = data;

	g_free(function->name);
	g_free(function);
}

struct source *source_new(const char *path)
{
	struct source *source = g_new0(struct source, 1);

	source->path = g_strdup(path);
	source->lines = g_array_new(FALSE, FALSE, sizeof(struct source_line));
	source->functions = g_ptr_array_new_with_free_func(function_free);
	return source;
}

void source_free(void *data)
{
	struct source *source = data;

	g_free(source->path);
	g_array_unref(source->lines);
	g_ptr_array_unref(source->functions);
	g_free(source);
}

void source_add_line(struct source *source, const struct source_line *line)
{
	g_array_append_val(source->lines, *line);
}

void source_add_function(struct source *source, const char *name, unsigned line, guint64 calls)
{
	struct source_function *function;

	for (guint i = 0; i < source->functions->len; i++) {
		function = g_ptr_array_index(source->functions, i);
		if (function->line == line && g_str_equal(function->name, name)) {
			function->calls += calls;
			return;
		}
	}
	function = g_new0(struct source_function, 1);
	function->name = g_strdup(name);
	function->line = line;
	function->calls = calls;
	g_ptr_array_add(source->functions, function);
}

static gint by_number(gconstpointer a, gconstpointer b)
{
	const struct source_line *one = a, *other = b;

	return (one->number > other->number) - (one->number < other->number);
}

static gint by_line(gconstpointer a, gconstpointer b)
{
	const struct source_function *one = *(struct source_function *const *)a;
	const struct source_function *other = *(struct source_function *const *)b;

	return (one->line > other->line) - (one->line < other->line);
}

/* Neighbours of one number become one. */
static void join_lines(GArray *lines)
{
	guint kept = 0;

	for (guint i = 1; i < lines->len; i++) {
		struct source_line *last = &g_array_index(lines, struct source_line, kept);
		const struct source_line *next = &g_array_index(lines, struct source_line, i);

		if (last->number == next->number) {
			last->count += next->count;
			last->partly |= next->partly;
		} else {
			g_array_index(lines, struct source_line, ++kept) = *next;
		}
	}
	if (lines->len)
		g_array_set_size(lines, kept + 1);
}

void source_finish(struct source *source)
{
	g_array_sort(source->lines, by_number);
	join_lines(source->lines);
	g_ptr_array_sort(source->functions, by_line);
}

void source_add_up(struct source_sum *sum, const struct source *source)
{
	for (guint i = 0; i < source->lines->len; i++)
		sum->lines_run += g_array_index(source->lines, struct source_line, i).count > 0;
	for (guint i = 0; i < source->functions->len; i++) {
		const struct source_function *function = g_ptr_array_index(source->functions, i);

		sum->functions_run += function->calls > 0;
	}
	sum->lines += source->lines->len;
	sum->functions += source->functions->len;
}

unsigned source_permille(unsigned run, unsigned all)
{
	return all ? (guint64)run * 1000 / all : 1000;
}
