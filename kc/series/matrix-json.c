/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "series/matrix-show.h"

#include <json-glib/json-glib.h>

static void put_text(JsonBuilder *json, const char *name, const char *text)
{
	g_autofree char *valid = text ? g_utf8_make_valid(text, -1) : NULL;

	json_builder_set_member_name(json, name);
	if (valid)
		json_builder_add_string_value(json, valid);
	else
		json_builder_add_null_value(json);
}

static void put_sides(JsonBuilder *json, const char *name, const GPtrArray *sides)
{
	json_builder_set_member_name(json, name);
	json_builder_begin_array(json);
	for (guint i = 0; i < sides->len; i++) {
		const struct side *side = g_ptr_array_index(sides, i);

		json_builder_begin_object(json);
		put_text(json, "name", side->word);
		put_text(json, "version", side->version);
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
}

static void put_cell(JsonBuilder *json, const struct matrix *matrix, guint row, guint column)
{
	const struct outcome *cell = matrix_cell(matrix, row, column);

	json_builder_begin_object(json);
	put_text(json, "kernel", matrix_kernel(matrix, row)->word);
	put_text(json, "qemu", matrix_qemu(matrix, column)->word);
	put_text(json, "outcome", outcome_name(cell->kind));
	put_text(json, "why", cell->why);
	json_builder_set_member_name(json, "status");
	if (cell->tested > 0)
		json_builder_add_int_value(json, cell->status);
	else
		json_builder_add_null_value(json);
	json_builder_set_member_name(json, "seconds");
	json_builder_add_double_value(json, cell->tested);
	put_text(json, "folder", cell->folder);
	json_builder_end_object(json);
}

void matrix_json(FILE *out, const void *data)
{
	const struct matrix *matrix = data;
	g_autoptr(JsonBuilder) json = json_builder_new();
	g_autoptr(JsonNode) root = NULL;
	g_autofree char *text = NULL;

	json_builder_begin_object(json);
	json_builder_set_member_name(json, "version");
	json_builder_add_int_value(json, 1);
	put_text(json, "test", matrix->test);
	put_sides(json, "kernels", matrix->kernels);
	put_sides(json, "qemus", matrix->qemus);
	json_builder_set_member_name(json, "cells");
	json_builder_begin_array(json);
	for (guint i = 0; i < matrix->cells->len; i++)
		put_cell(json, matrix, i / matrix->qemus->len, i % matrix->qemus->len);
	json_builder_end_array(json);
	json_builder_end_object(json);
	root = json_builder_get_root(json);
	text = json_to_string(root, TRUE);
	fprintf(out, "%s\n", text);
}
