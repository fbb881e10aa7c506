/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snapshot/about.h"

#include <json-glib/json-glib.h>
#include <string.h>

static void add_inputs(JsonBuilder *builder, const struct snapshot_about *about)
{
	json_builder_set_member_name(builder, "inputs");
	json_builder_begin_array(builder);
	for (int i = 0; about->inputs && about->inputs[i]; i++) {
		json_builder_begin_array(builder);
		json_builder_add_string_value(builder, about->inputs[i]);
		json_builder_add_string_value(builder, about->states[i]);
		json_builder_end_array(builder);
	}
	json_builder_end_array(builder);
}

GBytes *snapshot_about_write(const struct snapshot_about *about)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();
	g_autoptr(JsonNode) root = NULL;
	g_autofree char *log = NULL;
	size_t len = 0;
	const guint8 *bytes = about->log ? g_bytes_get_data(about->log, &len) : NULL;
	char *text;

	/* The log may hold any byte. */
	log = g_base64_encode(bytes, len);
	json_builder_begin_object(builder);
	json_builder_set_member_name(builder, "machine");
	json_builder_add_string_value(builder, about->machine);
	add_inputs(builder, about);
	json_builder_set_member_name(builder, "log");
	json_builder_add_string_value(builder, log);
	json_builder_end_object(builder);
	root = json_builder_get_root(builder);
	text = json_to_string(root, FALSE);
	return g_bytes_new_take(text, strlen(text));
}

static bool read_inputs(struct snapshot_about *about, JsonObject *object)
{
	JsonNode *node = json_object_get_member(object, "inputs");
	JsonArray *array = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
	guint count = array ? json_array_get_length(array) : 0;

	about->inputs = g_new0(char *, count + 1);
	about->states = g_new0(char *, count + 1);
	for (guint i = 0; i < count; i++) {
		JsonNode *entry = json_array_get_element(array, i);
		JsonArray *pair = JSON_NODE_HOLDS_ARRAY(entry) ? json_node_get_array(entry) : NULL;

		if (!pair || json_array_get_length(pair) != 2)
			return false;
		about->inputs[i] = g_strdup(json_array_get_string_element(pair, 0));
		about->states[i] = g_strdup(json_array_get_string_element(pair, 1));
		if (!about->inputs[i] || !about->states[i])
			return false;
	}
	return array;
}

bool snapshot_about_read(struct snapshot_about *about, const char *text, size_t len)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonNode *root;
	JsonObject *object;
	const char *log;
	guchar *bytes;
	gsize count;

	if (!json_parser_load_from_data(parser, text, len, NULL))
		return false;
	root = json_parser_get_root(parser);
	if (!root || !JSON_NODE_HOLDS_OBJECT(root))
		return false;
	object = json_node_get_object(root);
	about->machine = g_strdup(
		json_object_get_string_member_with_default(object, "machine", NULL));
	log = json_object_get_string_member_with_default(object, "log", NULL);
	if (!about->machine || !log || !read_inputs(about, object))
		return false;
	bytes = g_base64_decode(log, &count);
	about->log = g_bytes_new_take(bytes, count);
	return true;
}

void snapshot_about_clear(struct snapshot_about *about)
{
	g_free(about->machine);
	g_strfreev(about->inputs);
	g_strfreev(about->states);
	if (about->log)
		g_bytes_unref(about->log);
	*about = (struct snapshot_about){0};
}
