/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of a file of the user's only what a comparison needs, and all of that is checked. */
#include "base/status.h"
#include "bench/json.h"
#include "vm/qmp.h"

#include <json-glib/json-glib.h>
#include <math.h>

#define MACHINES_MAX 100
#define ROUNDS_MAX 10000

static const char *text_of(JsonObject *object, const char *name)
{
	JsonNode *node = object ? json_object_get_member(object, name) : NULL;

	return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
}

static double number_of(JsonObject *object, const char *name)
{
	JsonNode *node = object ? json_object_get_member(object, name) : NULL;
	GType type = node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node)
							 : G_TYPE_INVALID;

	return type == G_TYPE_INT64 || type == G_TYPE_DOUBLE ? json_node_get_double(node) : NAN;
}

static gint64 int_of(JsonObject *object, const char *name)
{
	double number = number_of(object, name);

	return number >= 0 && number < 1e12 ? (gint64)number : -1;
}

static JsonArray *list_of(JsonObject *object, const char *name, guint most)
{
	JsonNode *node = object ? json_object_get_member(object, name) : NULL;
	JsonArray *array = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;

	return array && json_array_get_length(array) <= most ? array : NULL;
}

static JsonObject *object_at(JsonArray *array, guint i)
{
	JsonNode *node = json_array_get_element(array, i);

	return JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static bool read_metrics(struct bench *bench, JsonArray *list)
{
	for (guint i = 0; list && i < json_array_get_length(list); i++) {
		JsonObject *object = object_at(list, i);
		const char *name = text_of(object, "name"), *unit = text_of(object, "unit");
		struct bench_metric metric = {
			.lower = g_strcmp0(text_of(object, "better"), "lower") == 0,
		};

		if (!name || !unit)
			return false;
		metric.name = g_strdup(name);
		metric.unit = g_strdup(unit);
		g_array_append_val(bench->metrics, metric);
	}
	return bench->metrics->len;
}

static bool read_round(struct bench *bench, struct bench_machine *machine, JsonObject *object)
{
	JsonArray *values = list_of(object, "values", bench->metrics->len);
	struct bench_round round = {.operations = number_of(object, "operations")};
	bool good = true;

	if (!values || json_array_get_length(values) != bench->metrics->len)
		return false;
	counts_unknown(&round.counts);
	round.values = g_new(double, bench->metrics->len);
	for (guint i = 0; i < bench->metrics->len; i++) {
		JsonNode *node = json_array_get_element(values, i);

		round.values[i] = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_double(node) : NAN;
		good &= isfinite(round.values[i]);
	}
	g_array_append_val(machine->rounds, round);
	return good;
}

static bool read_machine(struct bench *bench, JsonObject *object)
{
	const char *name = text_of(object, "name"), *options = text_of(object, "options");
	JsonArray *rounds = list_of(object, "rounds", ROUNDS_MAX);
	struct bench_machine *machine;
	bool good = true;

	if (!name || !options || !rounds || bench_find_machine(bench, name))
		return false;
	machine = bench_add_machine(bench, name, options);
	machine->kvm = g_strcmp0(text_of(object, "accelerator"), "KVM") == 0;
	machine->settings = g_strdup(text_of(object, "settings"));
	machine->qemu_build = g_strdup(text_of(object, "qemu_build"));
	machine->kernel_build = g_strdup(text_of(object, "kernel_build"));
	machine->files_build = g_strdup(text_of(object, "files_build"));
	for (guint i = 0; good && i < json_array_get_length(rounds); i++)
		good = read_round(bench, machine, object_at(rounds, i));
	return good && machine->rounds->len;
}

static bool read_bench(struct bench *bench, JsonObject *root)
{
	JsonArray *machines = list_of(root, "machines", MACHINES_MAX);
	JsonObject *host = qmp_member(root, "host");
	bool good = machines && host && read_metrics(bench, list_of(root, "metrics", G_MAXUINT));

	bench->time = int_of(root, "time");
	bench->load = g_strdup(text_of(root, "load"));
	bench->host.cpu = g_strdup(text_of(host, "cpu"));
	bench->host.kernel = g_strdup(text_of(host, "kernel"));
	bench->host.cpus = int_of(host, "cpus");
	for (guint i = 0; good && i < json_array_get_length(machines); i++)
		good = read_machine(bench, object_at(machines, i));
	return good && bench->machines->len;
}

static struct bench *refuse(const char *file, const char *why, GError **error)
{
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "--baseline: '%s' is not what kc bench --json writes%s%s", file,
		    why ? ": " : "", why ? why : "");
	return NULL;
}

struct bench *bench_json_read(const char *file, GError **error)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	g_autoptr(GError) cause = NULL;
	struct bench *bench;
	JsonNode *root;

	if (!g_file_test(file, G_FILE_TEST_IS_REGULAR)) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "--baseline: no file '%s'", file);
		return NULL;
	}
	if (!json_parser_load_from_file(parser, file, &cause))
		return refuse(file, cause->message, error);
	root = json_parser_get_root(parser);
	if (!root || !JSON_NODE_HOLDS_OBJECT(root) ||
	    g_strcmp0(text_of(json_node_get_object(root), "type"), "kc-bench") != 0)
		return refuse(file, NULL, error);
	bench = bench_new();
	if (read_bench(bench, json_node_get_object(root)))
		return bench;
	bench_free(bench);
	return refuse(file, "a machine or its rounds are damaged", error);
}
