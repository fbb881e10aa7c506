/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vq/sample.h"
#include "base/status.h"
#include "vq/driver.h"

#include <string.h>

#define QUEUES_MAX 1024 /* as in QEMU */

static gint64 number(JsonObject *object, const char *name, bool *known)
{
	JsonNode *node = object ? json_object_get_member(object, name) : NULL;
	bool there = node && JSON_NODE_HOLDS_VALUE(node);

	if (known)
		*known = there;
	return there ? json_node_get_int(node) : 0;
}

static bool flag(JsonObject *object, const char *name)
{
	JsonNode *node = object ? json_object_get_member(object, name) : NULL;

	return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_boolean(node);
}

static const char *text(JsonObject *object, const char *name)
{
	JsonNode *node = object ? json_object_get_member(object, name) : NULL;

	return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
}

/* QEMU writes "VIRTIO_F_RING_PACKED: explanation"; of that the name, without @prefix. */
static void add_names(GStrvBuilder *names, JsonObject *object, const char *list, const char *prefix)
{
	JsonNode *node = object ? json_object_get_member(object, list) : NULL;
	JsonArray *array = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;

	for (guint i = 0; array && i < json_array_get_length(array); i++) {
		JsonNode *entry = json_array_get_element(array, i);
		const char *name = JSON_NODE_HOLDS_VALUE(entry) ? json_node_get_string(entry) : "";
		g_autofree char *word = g_strndup(name ? name : "",
						  strcspn(name ? name : "", ": "));
		bool prefixed = g_str_has_prefix(word, prefix);

		if (*word)
			g_strv_builder_add(names, prefixed ? word + strlen(prefix) : word);
	}
}

static GStrv names_of(JsonObject *object, const char *list, const char *more, const char *prefix)
{
	g_autoptr(GStrvBuilder) names = g_strv_builder_new();

	add_names(names, object, list, prefix);
	if (more)
		add_names(names, object, more, prefix);
	return g_strv_builder_end(names);
}

static bool has(const GStrv names, const char *name)
{
	return g_strv_contains((const char *const *)names, name);
}

static void queue_free(void *data)
{
	struct vq_queue *queue = data;

	vq_ring_clear(&queue->ring);
	g_clear_pointer(&queue->findings, g_ptr_array_unref);
	g_free(queue->driver.name);
	g_free(queue);
}

static void device_free(void *data)
{
	struct vq_device *device = data;

	g_free(device->path);
	g_free(device->bus_path);
	g_free(device->name);
	g_free(device->id);
	g_strfreev(device->features);
	g_strfreev(device->status);
	g_free(device->trouble);
	g_ptr_array_unref(device->queues);
	g_clear_pointer(&device->findings, g_ptr_array_unref);
	g_free(device);
}

static double age(JsonObject *object, const char *name)
{
	bool known;
	gint64 nanoseconds = number(object, name, &known);

	return known ? (double)nanoseconds / 1e9 : -1;
}

static enum vq_look read_look(const char *word)
{
	static const char *const words[] = {
		[VQ_LOOK_NONE] = "none",
		[VQ_LOOK_FOUND] = "found",
		[VQ_LOOK_EMPTY] = "empty",
		[VQ_LOOK_ENABLED] = "enabled",
	};

	for (int i = VQ_LOOK_NONE; word && i <= VQ_LOOK_ENABLED; i++)
		if (g_str_equal(word, words[i]))
			return i;
	return VQ_LOOK_UNKNOWN;
}

static void read_counters(struct vq_counters *counters, JsonObject *status)
{
	JsonObject *object = qmp_member(status, "counters");

	counters->vector = VQ_NO_VECTOR;
	counters->kick_wanted = flag(status, "notification");
	counters->kicks = number(object, "kicks", &counters->known);
	counters->kicked = flag(object, "kicked");
	counters->interrupts = number(object, "interrupts", NULL);
	counters->suppressed = number(object, "interrupts-suppressed", NULL);
	counters->interrupt_due = flag(object, "interrupt-due");
	counters->used_too_long = number(object, "used-too-long", NULL);
	if (counters->known)
		counters->vector = number(status, "vector", NULL);
	counters->look = read_look(text(object, "look"));
	counters->unflushed = number(object, "unflushed", NULL);
	counters->detached = number(object, "detached", NULL);
	counters->kick_age = age(object, "kick-age");
	counters->pop_age = age(object, "pop-age");
	counters->use_age = age(object, "use-age");
}

static struct vq_queue *parse_queue(const struct vq_device *device, unsigned index,
				    JsonObject *object)
{
	struct vq_queue *queue = g_new0(struct vq_queue, 1);
	struct vq_place *place = &queue->place;

	queue->index = index;
	place->packed = device->packed;
	place->event_index = device->event_index;
	place->size = MIN((guint64)number(object, "vring-num", NULL), VQ_RING_MAX + 1);
	place->desc = number(object, "vring-desc", NULL);
	place->avail = number(object, "vring-avail", NULL);
	place->used = number(object, "vring-used", NULL);
	place->last_avail = number(object, "last-avail-idx", &queue->last_avail_known);
	place->used_idx = number(object, "used-idx", NULL);
	queue->in_use = number(object, "inuse", NULL);
	place->popped = MIN(queue->in_use, VQ_RING_MAX);
	queue->seen_avail = number(object, "shadow-avail-idx", &queue->seen_avail_known);
	queue->signalled = number(object, "signalled-used", NULL);
	queue->signalled_known = flag(object, "signalled-used-valid");
	read_counters(&queue->counters, object);
	return queue;
}

static JsonNode *ask(struct qmp *qmp, const char *command, const char *path, int queue,
		     GError **error)
{
	JsonObject *arguments = json_object_new();

	json_object_set_string_member(arguments, "path", path);
	if (queue >= 0)
		json_object_set_int_member(arguments, "queue", queue);
	return qmp_call(qmp, command, arguments, error);
}

/* False where there is no such queue. */
static bool add_queue(struct vq_device *device, unsigned index, struct qmp *qmp,
		      struct vq_guest *guest)
{
	g_autoptr(JsonNode)
		node = ask(qmp, "x-query-virtio-queue-status", device->path, index, NULL);
	struct vq_queue *queue;

	if (!node || !JSON_NODE_HOLDS_OBJECT(node))
		return false;
	queue = parse_queue(device, index, json_node_get_object(node));
	if (!queue->place.desc) {
		queue_free(queue);
		return true;
	}
	if (guest)
		vq_ring_read(&queue->ring, &queue->place, vq_guest_memory(guest));
	device->msix |= device->pci &&
			(!queue->counters.known || queue->counters.vector != VQ_NO_VECTOR);
	if (guest && queue->counters.interrupts && queue->counters.vector != VQ_NO_VECTOR)
		queue->vector = vq_guest_vector(guest, device->bus_path, queue->counters.vector);
	g_ptr_array_add(device->queues, queue);
	return true;
}

/* With vhost the indices are the back end's, which QEMU would have to stop to learn. */
static void read_status(struct vq_device *device, JsonObject *object)
{
	JsonObject *features = qmp_member(object, "guest-features");

	device->device_id = number(object, "device-id", NULL);
	device->features = names_of(features, "transports", "dev-features", "VIRTIO_");
	device->status = names_of(qmp_member(object, "status"), "statuses", NULL,
				  "VIRTIO_CONFIG_S_");
	device->packed = has(device->features, "F_RING_PACKED");
	device->event_index = has(device->features, "RING_F_EVENT_IDX");
	device->in_order = has(device->features, "F_IN_ORDER");
	device->acknowledged = has(device->status, "ACKNOWLEDGE");
	device->driver_ok = has(device->status, "DRIVER_OK");
	device->needs_reset = has(device->status, "NEEDS_RESET");
	device->broken = flag(object, "broken");
	device->vhost = flag(object, "vhost-started");
	device->isr = number(object, "isr", NULL);
	device->resets = number(object, "resets", &device->resets_known);
	device->reset_unasked = flag(object, "reset-unasked");
	device->reset_inuse = number(object, "reset-inuse", NULL);
	device->config_vector = device->resets_known ? number(object, "config-vector", NULL)
						     : VQ_NO_VECTOR;
	device->msix = device->pci && device->config_vector != VQ_NO_VECTOR;
}

/* ".../hello0/virtio-backend" hangs on the PCI device; a virtio-mmio one has no such child. */
static void read_names(struct vq_device *device, const char *path, const char *name)
{
	static const char named[] = "/machine/peripheral/";

	device->path = g_strdup(path);
	device->name = g_strdup(name);
	device->pci = g_str_has_suffix(path, "/virtio-backend");
	device->bus_path = device->pci ? g_path_get_dirname(path) : g_strdup(path);
	if (g_str_has_prefix(path, named))
		device->id = g_strndup(path + strlen(named), strcspn(path + strlen(named), "/"));
}

static struct vq_device *take_device(JsonObject *object, struct qmp *qmp, struct vq_guest *guest)
{
	const char *path = text(object, "path"), *name = text(object, "name");
	struct vq_device *device = g_new0(struct vq_device, 1);
	g_autoptr(GError) cause = NULL;
	g_autoptr(JsonNode) node = NULL;

	device->queues = g_ptr_array_new_with_free_func(queue_free);
	device->guest_index = -1;
	read_names(device, path ? path : "", name ? name : "?");
	node = ask(qmp, "x-query-virtio-status", device->path, -1, &cause);
	read_status(device,
		    node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL);
	if (cause)
		device->trouble = g_strdup(cause->message);
	else if (!device->vhost)
		for (unsigned i = 0; i < QUEUES_MAX && add_queue(device, i, qmp, guest);)
			i++;
	return device;
}

/* The driver was read after the device: what lies between the two may be news. */
static void check_moving(struct vq_device *device, struct vq_queue *queue, struct qmp *qmp)
{
	guint16 mask = queue->place.packed ? 0x7fff : 0xffff;
	g_autoptr(JsonNode) node = NULL;

	if (!queue->driver.known || queue->driver.last_used == (queue->place.used_idx & mask))
		return;
	node = ask(qmp, "x-query-virtio-queue-status", device->path, queue->index, NULL);
	if (node && JSON_NODE_HOLDS_OBJECT(node))
		queue->moving = (guint16)number(json_node_get_object(node), "used-idx", NULL) !=
				queue->place.used_idx;
}

static void check_devices(struct vq_sample *sample, struct qmp *qmp)
{
	for (guint i = 0; i < sample->devices->len; i++) {
		struct vq_device *device = g_ptr_array_index(sample->devices, i);

		for (guint j = 0; j < device->queues->len; j++)
			check_moving(device, g_ptr_array_index(device->queues, j), qmp);
	}
}

/* QEMU has them in no order. Those that the user named come first thereby. */
static gint by_path(gconstpointer a, gconstpointer b)
{
	const struct vq_device *x = *(struct vq_device *const *)a;
	const struct vq_device *y = *(struct vq_device *const *)b;

	return strcmp(y->path, x->path);
}

static void take_devices(struct vq_sample *sample, JsonArray *list, struct qmp *qmp,
			 struct vq_drivers *drivers)
{
	g_autoptr(GError) cause = NULL;
	struct vq_guest *guest = vq_guest_new(qmp, &cause);

	if (cause)
		sample->trouble = g_strdup(cause->message);
	for (guint i = 0; i < json_array_get_length(list); i++) {
		JsonNode *node = json_array_get_element(list, i);

		if (JSON_NODE_HOLDS_OBJECT(node))
			g_ptr_array_add(sample->devices,
					take_device(json_node_get_object(node), qmp, guest));
	}
	g_ptr_array_sort(sample->devices, by_path);
	if (guest && drivers)
		sample->driver_trouble = vq_drivers_fill(drivers, sample, vq_guest_memory(guest));
	check_devices(sample, qmp);
	vq_guest_free(guest);
}

struct vq_sample *vq_sample_take(struct qmp *qmp, struct vq_drivers *drivers, GError **error)
{
	g_autoptr(JsonNode) node = qmp_call(qmp, "x-query-virtio", NULL, error);
	struct vq_sample *sample;

	if (!node)
		return NULL;
	sample = g_new0(struct vq_sample, 1);
	sample->time = g_get_monotonic_time();
	sample->devices = g_ptr_array_new_with_free_func(device_free);
	sample->stands = run_state_ask(qmp);
	if (sample->stands)
		sample->halted = g_strdup(sample->stands->name);
	if (JSON_NODE_HOLDS_ARRAY(node))
		take_devices(sample, json_node_get_array(node), qmp, drivers);
	if (!qmp_is_closed(qmp))
		return sample;
	vq_sample_free(sample);
	g_set_error(error, STATUS_ERROR, STATUS_QEMU_DIED, "the VM ended while it was looked at");
	return NULL;
}

void vq_sample_free(struct vq_sample *sample)
{
	if (!sample)
		return;
	g_ptr_array_unref(sample->devices);
	g_free(sample->halted);
	run_state_free(sample->stands);
	g_free(sample->trouble);
	g_free(sample->driver_trouble);
	g_free(sample);
}

const struct vq_device *vq_sample_find(const struct vq_sample *sample, const char *path)
{
	for (guint i = 0; i < sample->devices->len; i++) {
		const struct vq_device *device = g_ptr_array_index(sample->devices, i);

		if (g_str_equal(device->path, path))
			return device;
	}
	return NULL;
}

const struct vq_queue *vq_device_find(const struct vq_device *device, unsigned index)
{
	for (guint i = 0; i < device->queues->len; i++) {
		const struct vq_queue *queue = g_ptr_array_index(device->queues, i);

		if (queue->index == index)
			return queue;
	}
	return NULL;
}
