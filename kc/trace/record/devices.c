/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace/record/devices.h"
#include "base/status.h"

#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <stdio.h>
#include <string.h>

#define BACKEND "/virtio-backend"
/* Of QEMU's microvm: where the first window is, and how far apart they are. */
#define MMIO_BASE G_GUINT64_CONSTANT(0xfeb00000)
#define MMIO_SIZE 512

static JsonNode *get_property(struct qmp *qmp, const char *path, const char *property)
{
	JsonObject *arguments = json_object_new();

	json_object_set_string_member(arguments, "path", path);
	json_object_set_string_member(arguments, "property", property);
	return qmp_call(qmp, "qom-get", arguments, NULL);
}

static bool get_number(struct qmp *qmp, const char *path, const char *property, gint64 *number)
{
	g_autoptr(JsonNode) node = get_property(qmp, path, property);

	if (!node || !JSON_NODE_HOLDS_VALUE(node))
		return false;
	*number = json_node_get_int(node);
	return true;
}

/* The guest's name of its place, from the slot and the number that firmware gave its bus. */
static char *pci_place(struct qmp *qmp, const char *path)
{
	g_autofree char *proxy = g_strndup(path, strlen(path) - strlen(BACKEND));
	gint64 bus, slot;

	if (!get_number(qmp, proxy, "busnr", &bus) || !get_number(qmp, proxy, "addr", &slot))
		return NULL;
	return g_strdup_printf("0000:%02x:%02x.%x", (unsigned)bus & 0xff, (unsigned)slot >> 3 & 31,
			       (unsigned)slot & 7);
}

/* "FROM-TO : NAME" in hexadecimal, as /proc/iomem has it */
static char *mmio_name(const struct guest_facts *facts, guint64 base)
{
	for (guint i = 0; i < facts->memory->len; i++) {
		const char *line = facts->memory->pdata[i];
		const char *name = strrchr(line, ' ');

		if (name && g_ascii_strtoull(line, NULL, 16) == base)
			return g_strdup(name + 1);
	}
	return NULL;
}

static char *mmio_place(struct qmp *qmp, const char *path, const struct guest_facts *facts)
{
	g_autoptr(JsonNode) node = get_property(qmp, path, "parent_bus");
	const char *bus = node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
	const char *name = bus ? strrchr(bus, '/') : NULL;
	unsigned window;

	if (!name || sscanf(name, "/virtio-mmio-bus.%u", &window) != 1)
		return NULL;
	return mmio_name(facts, MMIO_BASE + (guint64)MMIO_SIZE * window);
}

static char *place_of(struct qmp *qmp, const char *path, const struct guest_facts *facts)
{
	if (g_str_has_suffix(path, BACKEND))
		return pci_place(qmp, path);
	return mmio_place(qmp, path, facts);
}

static JsonNode *get_status(struct qmp *qmp, const char *path)
{
	JsonObject *arguments = json_object_new();
	JsonNode *status;

	json_object_set_string_member(arguments, "path", path);
	status = qmp_call(qmp, "x-query-virtio-status", arguments, NULL);
	if (status && !JSON_NODE_HOLDS_OBJECT(status))
		g_clear_pointer(&status, json_node_unref);
	return status;
}

/* vhost runs the rings in the host's kernel or in another process. */
static void take_status(struct trace_device *device, struct qmp *qmp)
{
	g_autoptr(JsonNode) status = get_status(qmp, device->path);
	JsonObject *object = status ? json_node_get_object(status) : NULL;

	if (!object)
		return;
	device->outside = json_object_get_boolean_member_with_default(object, "vhost-started",
								      FALSE);
	device->queues = json_object_get_int_member_with_default(object, "num-vqs", 0);
}

static bool has_feature(guint64 features, int bit)
{
	return features >> bit & 1;
}

static void match(struct trace_device *device, const struct guest_device *guest)
{
	device->guest_name = g_strdup(guest->name);
	if (!device->bus)
		device->bus = g_strdup(guest->bus);
	device->features = guest->features;
	device->packed = has_feature(guest->features, VIRTIO_F_RING_PACKED);
	device->event_idx = has_feature(guest->features, VIRTIO_RING_F_EVENT_IDX);
	device->indirect = has_feature(guest->features, VIRTIO_RING_F_INDIRECT_DESC);
}

static const struct guest_device *guest_at(const struct guest_facts *facts, guint i)
{
	return &g_array_index(facts->devices, struct guest_device, i);
}

static void match_by_place(struct trace_device *device, const struct guest_facts *facts)
{
	for (guint i = 0; device->bus && i < facts->devices->len; i++) {
		const struct guest_device *guest = guest_at(facts, i);

		if (!g_str_equal(guest->bus, device->bus) || guest->id != device->id)
			continue;
		/* The last that was there, where devices came and went. */
		g_clear_pointer(&device->guest_name, g_free);
		match(device, guest);
	}
}

static bool is_matched(const struct trace *trace, const struct guest_device *guest)
{
	return trace_devices_find(trace, guest->name) != TRACE_NONE;
}

/* One that is gone has no place any more: it is the only one left of its kind, or unknown. */
static void match_by_kind(struct trace *trace, struct trace_device *device,
			  const struct guest_facts *facts)
{
	const struct guest_device *found = NULL;
	guint left = 0;

	for (guint32 i = 0; i < trace->n_devices; i++)
		left += !trace->devices[i].guest_name && trace->devices[i].id == device->id;
	for (guint i = 0; i < facts->devices->len; i++) {
		const struct guest_device *guest = guest_at(facts, i);

		if (guest->id != device->id || is_matched(trace, guest))
			continue;
		left += found != NULL;
		found = guest;
	}
	if (found && left == 1)
		match(device, found);
}

void trace_devices_fill(struct trace *trace, const GArray *devices, struct qmp *qmp,
			const struct guest_facts *facts)
{
	trace->n_devices = devices->len;
	trace->devices = g_new0(struct trace_device, devices->len);
	for (guint i = 0; i < devices->len; i++) {
		const struct qemu_device *from = &g_array_index(devices, struct qemu_device, i);
		struct trace_device *device = &trace->devices[i];

		device->name = g_strdup(from->name);
		device->path = g_strdup(from->path);
		device->id = from->id;
		device->bus = place_of(qmp, from->path, facts);
		take_status(device, qmp);
		match_by_place(device, facts);
	}
	for (guint i = 0; i < devices->len; i++)
		if (!trace->devices[i].guest_name)
			match_by_kind(trace, &trace->devices[i], facts);
}

guint32 trace_devices_find(const struct trace *trace, const char *name)
{
	for (guint32 i = 0; name && i < trace->n_devices; i++)
		if (g_strcmp0(trace->devices[i].guest_name, name) == 0)
			return i;
	return TRACE_NONE;
}

static void clear_now(void *data)
{
	struct qemu_device *device = data;

	g_free(device->name);
	g_free(device->path);
}

static guint32 id_now(struct qmp *qmp, const char *path)
{
	g_autoptr(JsonNode) status = get_status(qmp, path);

	if (!status)
		return 0;
	return json_object_get_int_member_with_default(json_node_get_object(status), "device-id",
						       0);
}

GArray *trace_devices_now(struct qmp *qmp, GError **error)
{
	g_autoptr(JsonNode) list = qmp_call(qmp, "x-query-virtio", NULL, error);
	JsonArray *array;
	GArray *devices;

	if (!list)
		return NULL;
	devices = g_array_new(FALSE, TRUE, sizeof(struct qemu_device));
	g_array_set_clear_func(devices, clear_now);
	array = JSON_NODE_HOLDS_ARRAY(list) ? json_node_get_array(list) : NULL;
	for (guint i = 0; array && i < json_array_get_length(array); i++) {
		JsonObject *object = json_array_get_object_element(array, i);
		const char *path = json_object_get_string_member(object, "path");
		struct qemu_device device = {
			.name = g_strdup(json_object_get_string_member(object, "name")),
			.path = g_strdup(path),
			.id = id_now(qmp, path),
		};

		g_array_append_val(devices, device);
	}
	return devices;
}

guint32 trace_devices_number(const char *guest_name)
{
	guint64 number = guest_name ? g_ascii_strtoull(guest_name + strlen("virtio"), NULL, 10)
				    : TRACE_NONE;

	return MIN(number, TRACE_NONE);
}

/* "hello0" in /machine/peripheral/hello0/virtio-backend */
static bool has_id(const char *path, const char *word)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", -1);

	for (int i = 0; parts[i]; i++)
		if (i > 1 && g_str_equal(parts[i - 1], "peripheral") && g_str_equal(parts[i], word))
			return true;
	return false;
}

#define TYPE "virtio-" /* what QEMU's names of virtio devices begin with */

/* Of "virtio-blk" or "blk" the latter, within @word. */
static const char *type_of(const char *word)
{
	return g_str_has_prefix(word, TYPE) ? word + strlen(TYPE) : word;
}

/* The specification says console where QEMU says serial. */
static bool is_type(const char *name, const char *word)
{
	const char *type = type_of(word);

	if (g_str_equal(type, "console"))
		type = "serial";
	return g_str_has_prefix(name, TYPE) && g_str_equal(type_of(name), type);
}

bool trace_device_is(const struct trace_device *device, const char *word)
{
	return is_type(device->name, word) || has_id(device->path, word) ||
	       g_strcmp0(device->guest_name, word) == 0 || g_strcmp0(device->bus, word) == 0;
}

bool trace_devices_check(const struct trace *trace, const char *word, GError **error)
{
	g_autoptr(GString) known = g_string_new(NULL);

	for (guint32 i = 0; i < trace->n_devices; i++) {
		const struct trace_device *device = &trace->devices[i];

		if (trace_device_is(device, word))
			return true;
		g_string_append_printf(known, "%s%s (%s)", i ? ", " : "", device->name,
				       device->guest_name ? device->guest_name
							  : "not in the guest");
	}
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "--only: no virtio device '%s'; there are %s", word,
		    known->len ? known->str : "none");
	return false;
}
