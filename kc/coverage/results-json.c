/* SPDX-License-Identifier: GPL-2.0-or-later */
/* docs/coverage-json.md describes it. */
#include "coverage/results.h"

#include <json-glib/json-glib.h>

#define VERSION 1

static void put_text(JsonBuilder *json, const char *name, const char *value)
{
	json_builder_set_member_name(json, name);
	json_builder_add_string_value(json, value);
}

static void put_int(JsonBuilder *json, const char *name, gint64 value)
{
	json_builder_set_member_name(json, name);
	json_builder_add_int_value(json, value);
}

static void open_array(JsonBuilder *json, const char *name)
{
	json_builder_set_member_name(json, name);
	json_builder_begin_array(json);
}

static void put_sum(JsonBuilder *json, const struct source_sum *sum)
{
	put_int(json, "lines", sum->lines);
	put_int(json, "lines_run", sum->lines_run);
	put_int(json, "functions", sum->functions);
	put_int(json, "functions_run", sum->functions_run);
}

static void put_functions(JsonBuilder *json, const struct source *source)
{
	open_array(json, "function_list");
	for (guint i = 0; i < source->functions->len; i++) {
		const struct source_function *function = g_ptr_array_index(source->functions, i);

		json_builder_begin_object(json);
		put_text(json, "name", function->name);
		put_int(json, "line", function->line);
		put_int(json, "calls", function->calls);
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
}

static void put_lines(JsonBuilder *json, const struct source *source)
{
	open_array(json, "line_counts");
	for (guint i = 0; i < source->lines->len; i++) {
		const struct source_line *line = &g_array_index(source->lines, struct source_line,
								i);

		json_builder_begin_array(json);
		json_builder_add_int_value(json, line->number);
		json_builder_add_int_value(json, line->count);
		json_builder_end_array(json);
	}
	json_builder_end_array(json);
}

static void put_source(JsonBuilder *json, const struct lab *lab, const struct source *source)
{
	g_autofree char *name = pair_file_name(lab, source->path);
	struct source_sum sum = {0};

	source_add_up(&sum, source);
	json_builder_begin_object(json);
	put_text(json, "file", name);
	put_text(json, "path", source->path);
	json_builder_set_member_name(json, "changed_since");
	json_builder_add_boolean_value(json, source->stale);
	put_sum(json, &sum);
	put_functions(json, source);
	put_lines(json, source);
	json_builder_end_object(json);
}

static void put_half(JsonBuilder *json, const struct lab *lab, const struct half *half,
		     const char *name)
{
	json_builder_set_member_name(json, name);
	json_builder_begin_object(json);
	json_builder_set_member_name(json, "met");
	json_builder_add_boolean_value(json, half->met);
	put_sum(json, &half->sum);
	open_array(json, "files");
	for (guint i = 0; i < half->sources->len; i++)
		put_source(json, lab, g_ptr_array_index(half->sources, i));
	json_builder_end_array(json);
	json_builder_end_object(json);
}

static void put_pairs(JsonBuilder *json, const struct results *results)
{
	open_array(json, "pairs");
	for (guint i = 0; i < results->pairs->len; i++) {
		const struct pair *pair = g_ptr_array_index(results->pairs, i);

		json_builder_begin_object(json);
		put_text(json, "name", pair->name);
		for (int side = 0; side < SIDES; side++)
			put_half(json, results->lab, &pair->halves[side], side_name(side));
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
}

void results_put_json(FILE *out, const void *data)
{
	const struct results *results = data;
	g_autoptr(JsonBuilder) json = json_builder_new();
	g_autoptr(JsonGenerator) generator = json_generator_new();
	g_autoptr(JsonNode) root = NULL;
	g_autofree char *text = NULL;

	json_builder_begin_object(json);
	put_int(json, "version", VERSION);
	put_text(json, "command", results->what);
	put_int(json, "guests", results->guests);
	open_array(json, "missing");
	for (guint i = 0; i < results->missing->len; i++)
		json_builder_add_string_value(json, g_ptr_array_index(results->missing, i));
	json_builder_end_array(json);
	put_pairs(json, results);
	json_builder_end_object(json);
	root = json_builder_get_root(json);
	json_generator_set_root(generator, root);
	text = json_generator_to_data(generator, NULL);
	fprintf(out, "%s\n", text);
}
