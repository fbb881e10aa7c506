/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/load-json.h"
#include "base/status.h"

#include <math.h>
#include <string.h>

/* An object opens on a line of its own, or at the very start. */
static const char *find_object(const char *output)
{
	const char *line = output;

	while (line && *line != '{') {
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return line;
}

JsonNode *load_json_parse(const char *output, const char *who, GError **error)
{
	g_autoptr(GError) cause = NULL;
	const char *start = find_object(output);
	const char *end = start ? strrchr(start, '}') : NULL;
	g_autofree char *text = end ? g_strndup(start, end + 1 - start) : NULL;
	JsonNode *node = text ? json_from_string(text, &cause) : NULL;

	if (node && JSON_NODE_HOLDS_OBJECT(node))
		return node;
	g_clear_pointer(&node, json_node_unref);
	g_set_error(error, STATUS_ERROR, STATUS_TEST_FAILED,
		    "%s printed no JSON%s%s; kc asks for it itself: leave out what chooses another "
		    "output",
		    who, cause ? ": " : "", cause ? cause->message : "");
	return NULL;
}

double load_json_number(JsonObject *object, const char *name)
{
	JsonNode *node = object ? json_object_get_member(object, name) : NULL;
	double value = node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_double(node) : NAN;

	return isfinite(value) && value >= 0 ? value : NAN;
}
