/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "device/plan.h"
#include "base/options.h"
#include "base/status.h"
#include "device/name.h"

#include <string.h>

#define QUEUES_MAX 8 /* each has a vector, and a name to be told apart by */
#define FIELDS_MAX 32
#define FEATURES_MAX 24 /* 0 to 23 are the device type's own */
#define TEXT_MAX 256 /* virtio-pci shows 4096 bytes of config; a name is short */

static const char *const interfaces[] = {"sysfs", "char", "block", NULL};
static const char *const transports[] = {"both", "pci", "mmio", NULL};
static const char *const kinds[] = {"request", "event", NULL};

/* How a field of a type is written on each side. */
static const struct {
	const char *name, *c, *bits;
} types[] = {
	{"u8", "__u8", "8"},	  {"u16", "__le16", "16"},  {"u32", "__le32", "32"},
	{"u64", "__le64", "64"},  {"le16", "__le16", "16"}, {"le32", "__le32", "32"},
	{"le64", "__le64", "64"},
};

static bool misuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool misuse(GError **error, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error_literal(error, STATUS_ERROR, STATUS_MISUSE, text);
	return false;
}

static bool one_of(const char *what, const char *value, const char *const *names, GError **error)
{
	g_autofree char *list = NULL;

	if (g_strv_contains(names, value))
		return true;
	list = g_strjoinv(", ", (char **)names);
	return misuse(error, "%s '%s': expected one of %s", what, value, list);
}

/* A fresh object of @list with the names that templates use, in both cases. */
static JsonObject *add_part(JsonArray *list, const char *name)
{
	JsonObject *part = json_object_new();
	g_autofree char *upper = g_ascii_strup(name, -1);

	json_object_set_string_member(part, "name", name);
	json_object_set_string_member(part, "NAME", upper);
	json_object_set_int_member(part, "index", json_array_get_length(list));
	json_array_add_object_element(list, part);
	return part;
}

static bool is_new(JsonArray *list, const char *what, const char *name, unsigned max,
		   GError **error)
{
	for (guint i = 0; i < json_array_get_length(list); i++)
		if (g_str_equal(json_object_get_string_member(
					json_array_get_object_element(list, i), "name"),
				name))
			return misuse(error, "%s '%s' is there twice", what, name);
	if (json_array_get_length(list) == max)
		return misuse(error, "%s '%s': there may be %u at most", what, name, max);
	return device_part_name_check(what, name, error);
}

/* "events" and "x_events" carry events unless they are said to carry requests. */
static bool read_queue(JsonArray *queues, char **words, GError **error)
{
	const char *kind = g_str_has_suffix(words[0], "events") ? "event" : "request";
	JsonObject *queue;

	if (words[1])
		kind = words[1];
	if (words[1] && words[2])
		return misuse(error, "queue '%s': expected NAME or NAME:request or NAME:event",
			      words[0]);
	if (!is_new(queues, "queue", words[0], QUEUES_MAX, error) ||
	    !one_of("a queue's kind", kind, kinds, error))
		return false;
	queue = add_part(queues, words[0]);
	json_object_set_string_member(queue, "kind", kind);
	return true;
}

static bool add_number(JsonArray *fields, const char *name, const char *type, GError **error)
{
	JsonObject *field;

	for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
		if (g_str_equal(types[i].name, type)) {
			field = add_part(fields, name);
			json_object_set_string_member(field, "kind", "number");
			json_object_set_string_member(field, "c", types[i].c);
			json_object_set_string_member(field, "bits", types[i].bits);
			json_object_set_int_member(field, "size", atoi(types[i].bits) / 8);
			return true;
		}
	return misuse(error,
		      "config field '%s': no such type: '%s'; expected u8, u16, u32, u64 or "
		      "char[N]",
		      name, type);
}

static bool add_text(JsonArray *fields, const char *name, const char *length, GError **error)
{
	JsonObject *field;
	char *end;
	guint64 n = g_ascii_strtoull(length, &end, 10);

	if (!g_ascii_isdigit(*length) || !g_str_equal(end, "]") || n < 2 || n > TEXT_MAX)
		return misuse(error,
			      "config field '%s': char[N] takes an N from 2 to %d, such as "
			      "char[16]",
			      name, TEXT_MAX);
	field = add_part(fields, name);
	json_object_set_string_member(field, "kind", "text");
	json_object_set_int_member(field, "size", n);
	return true;
}

static bool read_field(JsonArray *fields, char **words, GError **error)
{
	if (!words[1] || words[2])
		return misuse(error, "config field '%s': expected NAME:TYPE, such as speed:u32",
			      words[0]);
	if (!is_new(fields, "config field", words[0], FIELDS_MAX, error))
		return false;
	return g_str_has_prefix(words[1], "char[")
		       ? add_text(fields, words[0], words[1] + strlen("char["), error)
		       : add_number(fields, words[0], words[1], error);
}

static bool read_feature(JsonArray *features, char **words, GError **error)
{
	g_autofree char *lower = g_ascii_strdown(words[0], -1);

	if (words[1])
		return misuse(error, "feature '%s': expected a name alone; bits are given in order",
			      words[0]);
	if (!is_new(features, "feature", lower, FEATURES_MAX, error))
		return false;
	add_part(features, lower);
	return true;
}

typedef bool (*read_part)(JsonArray *list, char **words, GError **error);

static bool read_list(JsonObject *object, const char *member, const char *text, read_part read,
		      GError **error)
{
	JsonArray *list = json_array_new();
	g_auto(GStrv) parts = g_strsplit(text ? text : "", ",", -1);

	json_object_set_array_member(object, member, list);
	for (int i = 0; parts[i]; i++) {
		g_auto(GStrv) words = g_strsplit(g_strstrip(parts[i]), ":", -1);

		if (!words[0])
			return misuse(error, "--%s '%s': an empty name in the list", member, text);
		if (!read(list, words, error))
			return false;
	}
	return true;
}

static gint wide_first(gconstpointer a, gconstpointer b)
{
	JsonObject *x = *(JsonObject *const *)a, *y = *(JsonObject *const *)b;
	bool x_text = g_str_equal(json_object_get_string_member(x, "kind"), "text");
	bool y_text = g_str_equal(json_object_get_string_member(y, "kind"), "text");
	gint64 order = json_object_get_int_member(x, "index") -
		       json_object_get_int_member(y, "index");

	if (x_text != y_text)
		return x_text ? 1 : -1;
	if (x_text ||
	    json_object_get_int_member(x, "size") == json_object_get_int_member(y, "size"))
		return order;
	return json_object_get_int_member(y, "size") - json_object_get_int_member(x, "size");
}

/* C aligns each field to its size: with the wide ones first there are no holes. */
static void order_fields(JsonObject *object)
{
	JsonArray *given = json_object_get_array_member(object, "config");
	g_autoptr(GPtrArray) fields = g_ptr_array_new();
	JsonArray *ordered = json_array_new();

	for (guint i = 0; i < json_array_get_length(given); i++)
		g_ptr_array_add(fields, json_object_ref(json_array_get_object_element(given, i)));
	g_ptr_array_sort(fields, wide_first);
	for (guint i = 0; i < fields->len; i++)
		json_array_add_object_element(ordered, fields->pdata[i]);
	json_object_set_array_member(object, "config", ordered);
}

static guint count_kind(JsonObject *object, const char *kind)
{
	JsonArray *queues = json_object_get_array_member(object, "queues");
	guint count = 0;

	for (guint i = 0; i < json_array_get_length(queues); i++)
		count += g_str_equal(json_object_get_string_member(
					     json_array_get_object_element(queues, i), "kind"),
				     kind);
	return count;
}

/* A name may stand for one thing only: each is a property, or a file of sysfs. */
static bool check_shared(JsonObject *object, GError **error)
{
	static const char *const lists[] = {"queues", "config", "features"};
	static const char *const ours[] = {"id",	"event",  "device",   "driver", "vendor",
					   "features",	"status", "modalias", "power",	"uevent",
					   "subsystem", "block",  "vectors",  "packed", "ioeventfd",
					   "config",	"sent",	  "disk",     "size",	"message",
					   "name",	NULL};
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
		JsonArray *list = json_object_get_array_member(object, lists[i]);

		for (guint k = 0; k < json_array_get_length(list); k++) {
			const char *name = json_object_get_string_member(
				json_array_get_object_element(list, k), "name");

			if (g_strv_contains(ours, name))
				return misuse(error,
					      "'%s' of --%s: each device has a property or file of "
					      "this name; choose another",
					      name, lists[i]);
			if (!g_hash_table_add(seen, (gpointer)name))
				return misuse(error,
					      "'%s' names two things (--%s); choose another name",
					      name, lists[i]);
		}
	}
	return true;
}

static bool check_queues(JsonObject *object, const struct device_plan *plan, GError **error)
{
	guint requests = count_kind(object, "request");

	if (!requests)
		return misuse(error,
			      "--queues %s: at least one that carries requests is needed, such as "
			      "requests,events",
			      plan->queues);
	if (g_str_equal(plan->interface, "block") && requests > 1)
		return misuse(error, "--class block: one queue of requests is expected, not %u",
			      requests);
	return true;
}

/* "foo_bar" as QEMU names types: "FooBar" */
static char *camel(const char *name)
{
	g_auto(GStrv) words = g_strsplit(name, "_", -1);

	for (int i = 0; words[i]; i++)
		*words[i] = g_ascii_toupper(*words[i]);
	return g_strjoinv("", words);
}

static void set_names(JsonObject *object, const struct device_plan *plan)
{
	g_autofree char *upper = g_ascii_strup(plan->name, -1);
	g_autofree char *type = camel(plan->name);
	g_autofree char *hex = g_strdup_printf("%#x", plan->id);
	g_autofree char *pci_id = g_strdup_printf("%#x", 0x1040 + plan->id);
	g_autoptr(GDateTime) now = g_date_time_new_now_local();

	json_object_set_string_member(object, "name", plan->name);
	json_object_set_string_member(object, "NAME", upper);
	json_object_set_string_member(object, "Name", type);
	json_object_set_int_member(object, "id", plan->id);
	json_object_set_string_member(object, "hex", hex);
	json_object_set_string_member(object, "pci_id", pci_id);
	json_object_set_string_member(object, "interface", plan->interface);
	json_object_set_string_member(object, "transport", plan->transport);
	json_object_set_boolean_member(object, "outside", plan->outside);
	json_object_set_int_member(object, "year", g_date_time_get_year(now));
	if (plan->author)
		json_object_set_string_member(object, "author", plan->author);
}

JsonNode *device_plan_read(const struct device_plan *plan, GError **error)
{
	g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), NULL);
	JsonObject *object = json_object_new();

	json_node_take_object(node, object);
	if (!device_name_check(plan->name, error) ||
	    !one_of("--class", plan->interface, interfaces, error) ||
	    !one_of("--transport", plan->transport, transports, error) ||
	    !read_list(object, "queues", plan->queues, read_queue, error) ||
	    !read_list(object, "config", plan->config, read_field, error) ||
	    !read_list(object, "features", plan->features, read_feature, error) ||
	    !check_queues(object, plan, error) || !check_shared(object, error))
		return NULL;
	order_fields(object);
	set_names(object, plan);
	json_object_set_int_member(object, "events", count_kind(object, "event"));
	json_object_set_int_member(object, "requests", count_kind(object, "request"));
	return g_steal_pointer(&node);
}
