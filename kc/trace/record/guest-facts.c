/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace/record/guest-facts.h"
#include "base/status.h"

#include <stdlib.h>
#include <string.h>

static void clear_device(void *data)
{
	struct guest_device *device = data;

	g_free(device->name);
	g_free(device->bus);
}

static void free_function(void *data)
{
	struct guest_function *function = data;

	g_array_unref(function->addresses);
	g_free(function);
}

struct guest_facts *guest_facts_new(void)
{
	struct guest_facts *facts = g_new0(struct guest_facts, 1);

	facts->functions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_function);
	facts->devices = g_array_new(FALSE, FALSE, sizeof(struct guest_device));
	g_array_set_clear_func(facts->devices, clear_device);
	facts->memory = g_ptr_array_new_with_free_func(g_free);
	facts->interrupts = g_ptr_array_new_with_free_func(g_free);
	return facts;
}

void guest_facts_free(struct guest_facts *facts)
{
	if (!facts)
		return;
	g_free(facts->release);
	g_free(facts->clocksource);
	g_free(facts->agent);
	g_hash_table_unref(facts->functions);
	g_array_unref(facts->devices);
	g_ptr_array_unref(facts->memory);
	g_ptr_array_unref(facts->interrupts);
	g_free(facts);
}

static void replace(char **field, const char *value)
{
	g_free(*field);
	*field = g_strdup(value);
}

/* "0100": bit 1 is set; the first character is bit 0. */
static guint64 parse_features(const char *bits)
{
	guint64 features = 0;

	for (int i = 0; i < 64 && bits[i]; i++)
		if (bits[i] == '1')
			features |= G_GUINT64_CONSTANT(1) << i;
	return features;
}

/* A device that went away may have left its name to another. */
static struct guest_device *find_device(struct guest_facts *facts, const char *name,
					const char *bus)
{
	struct guest_device device = {.name = g_strdup(name), .bus = g_strdup(bus)};

	for (guint i = 0; i < facts->devices->len; i++) {
		struct guest_device *known = &g_array_index(facts->devices, struct guest_device, i);

		if (g_str_equal(known->name, name) && g_str_equal(known->bus, bus)) {
			clear_device(&device);
			return known;
		}
	}
	g_array_append_val(facts->devices, device);
	return &g_array_index(facts->devices, struct guest_device, facts->devices->len - 1);
}

/* "virtio2 0x003f 0000:00:05.0 0100... hello_virtio" */
static bool take_device(struct guest_facts *facts, const char *value, GError **error)
{
	g_auto(GStrv) words = g_strsplit(value, " ", -1);
	struct guest_device *device;
	guint64 features;

	if (g_strv_length(words) < 5 || !g_str_has_prefix(words[0], "virtio")) {
		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
			    "the guest's tracer told of a device '%s'", value);
		return false;
	}
	device = find_device(facts, words[0], words[2]);
	device->index = strtoul(words[0] + strlen("virtio"), NULL, 10);
	device->id = strtoul(words[1], NULL, 16);
	features = parse_features(words[3]);
	/* Without a driver none are agreed on. */
	device->features = features ? features : device->features;
	return true;
}

static struct guest_function *find_function(struct guest_facts *facts, const char *name)
{
	struct guest_function *function = g_hash_table_lookup(facts->functions, name);

	if (function)
		return function;
	function = g_new0(struct guest_function, 1);
	function->addresses = g_array_new(FALSE, FALSE, sizeof(guint64));
	g_hash_table_insert(facts->functions, g_strdup(name), function);
	return function;
}

/* "ffffffff81234560 vp_reset" */
static void take_address(struct guest_facts *facts, const char *value)
{
	char *end;
	guint64 address = g_ascii_strtoull(value, &end, 16);

	if (address && *end == ' ')
		g_array_append_val(find_function(facts, end + 1)->addresses, address);
}

static void take_word(struct guest_facts *facts, const char *word)
{
	facts->fprobe |= g_str_equal(word, "fprobe");
	facts->kprobe |= g_str_equal(word, "kprobe");
	facts->return_arguments |= g_str_equal(word, "return-arguments");
	facts->btf |= g_str_equal(word, "btf");
	facts->btf_module |= g_str_equal(word, "btf-module");
	facts->unseen |= g_str_equal(word, "unseen");
}

bool guest_facts_take(struct guest_facts *facts, const char *line, GError **error)
{
	const char *space = strchr(line, ' ');
	const char *value = space ? space + 1 : "";

	if (!space)
		take_word(facts, line);
	else if (g_str_has_prefix(line, "device "))
		return take_device(facts, value, error);
	else if (g_str_has_prefix(line, "release "))
		replace(&facts->release, value);
	else if (g_str_has_prefix(line, "clocksource "))
		replace(&facts->clocksource, value);
	else if (g_str_has_prefix(line, "agent "))
		replace(&facts->agent, value);
	else if (g_str_has_prefix(line, "cpus "))
		facts->cpus = strtoul(value, NULL, 10);
	else if (g_str_has_prefix(line, "function "))
		find_function(facts, value)->count++;
	else if (g_str_has_prefix(line, "address "))
		take_address(facts, value);
	else if (g_str_has_prefix(line, "memory "))
		g_ptr_array_add(facts->memory, g_strdup(value));
	else if (g_str_has_prefix(line, "interrupt "))
		g_ptr_array_add(facts->interrupts, g_strdup(value));
	return true;
}

const struct guest_function *guest_facts_function(const struct guest_facts *facts, const char *name)
{
	const struct guest_function *function = g_hash_table_lookup(facts->functions, name);

	return function && function->count ? function : NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **guest_facts_variants(const struct guest_facts *facts, const char *name)
{
	GPtrArray *found = g_ptr_array_new();
	size_t len = strlen(name);
	GHashTableIter iter;
	void *key;

	g_hash_table_iter_init(&iter, facts->functions);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		if (g_str_has_prefix(key, name) && strchr(".", ((const char *)key)[len]))
			g_ptr_array_add(found, g_strdup(key));
	g_ptr_array_sort(found, by_name);
	g_ptr_array_add(found, NULL);
	return (char **)g_ptr_array_free(found, FALSE);
}
