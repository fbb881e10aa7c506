/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vq/driver.h"
#include "vq/driver-layout.h"
#include "vq/kernel-memory.h"

#include <string.h>

#define NAME_MAX_BYTES 48
#define LIST_MAX 4096 /* a list that is longer is a loop, or memory that changes */

#define SPLIT_NO_INTERRUPT 1
#define PACKED_DISABLE 1

struct vq_drivers {
	struct kernel_types *types;
	struct vq_layout layout;
	/* Of the fill under way */
	struct kernel_memory memory;
	struct vq_sample *sample;
	int device_index; /* the guest's: N of virtioN */
	unsigned device_kind; /* virtio's id */
	GArray *orphans; /* of struct orphan */
};

/* A device of the guest's with queues that no device of QEMU's has. */
struct orphan {
	int device_index;
	unsigned device_kind;
	unsigned queues;
};

struct vq_drivers *vq_drivers_new(const char *vmlinux, char **why)
{
	static const char *const sources[] = {"drivers/virtio/virtio_ring.c", "drivers/base/bus.c",
					      NULL};
	struct kernel_types *types = kernel_types_open(vmlinux, sources, why);
	g_autofree char *lacks = NULL;
	struct vq_drivers *drivers;

	if (!types)
		return NULL;
	drivers = g_new0(struct vq_drivers, 1);
	drivers->types = types;
	if (vq_layout_read(&drivers->layout, types, &lacks))
		return drivers;
	*why = g_strdup_printf("%s: %s", vmlinux, lacks);
	vq_drivers_free(drivers);
	return NULL;
}

void vq_drivers_free(struct vq_drivers *drivers)
{
	if (!drivers)
		return;
	kernel_types_free(drivers->types);
	g_free(drivers);
}

static guint64 offset(const struct vq_drivers *drivers, int field)
{
	return drivers->layout.fields[field].offset;
}

static bool pointer(const struct vq_drivers *drivers, guint64 structure, int field, guint64 *to)
{
	return kernel_memory_pointer(&drivers->memory, structure + offset(drivers, field), to);
}

/* Calls @each with every entry of the list_head at @head; true stops. */
static bool each_entry(struct vq_drivers *drivers, guint64 head,
		       bool (*each)(struct vq_drivers *drivers, guint64 entry))
{
	guint64 entry = head;

	for (int i = 0; i < LIST_MAX; i++) {
		if (!kernel_memory_pointer(&drivers->memory, entry, &entry) || entry == head)
			return false;
		if (each(drivers, entry))
			return true;
	}
	return false;
}

static guint64 field_value(const struct vq_drivers *drivers, const guint8 *bytes, int field)
{
	const struct kernel_field *at = &drivers->layout.fields[field];
	guint64 value = 0;

	/* Its place was read from a file: it may be anywhere. */
	if (at->size > sizeof(value) || at->offset + at->size > drivers->layout.ring_bytes)
		return 0;
	memcpy(&value, bytes + at->offset, at->size);
	return GUINT64_FROM_LE(value);
}

static struct vq_queue *find_queue(struct vq_sample *sample, guint64 desc,
				   struct vq_device **device)
{
	for (guint i = 0; i < sample->devices->len; i++) {
		*device = g_ptr_array_index(sample->devices, i);
		for (guint j = 0; j < (*device)->queues->len; j++) {
			struct vq_queue *queue = g_ptr_array_index((*device)->queues, j);

			if (queue->place.desc == desc)
				return queue;
		}
	}
	return NULL;
}

/* A buffer that the driver waits for has the driver's own data beside it. */
static bool is_awaited(const struct vq_drivers *drivers, const guint8 *bytes, bool packed,
		       guint32 id)
{
	guint64 states = field_value(drivers, bytes, packed ? PACKED_STATES : SPLIT_STATES);
	unsigned size = packed ? drivers->layout.packed_state_bytes
			       : drivers->layout.split_state_bytes;
	guint64 data;

	return kernel_memory_pointer(&drivers->memory,
				     states + (guint64)id * size +
					     offset(drivers, packed ? PACKED_DATA : SPLIT_DATA),
				     &data) &&
	       data;
}

/* What the driver finds when it looks for a used buffer the next time. */
static void fill_next(const struct vq_drivers *drivers, struct vq_queue *queue, const guint8 *bytes,
		      bool packed)
{
	struct vq_driver *driver = &queue->driver;
	guint16 at = field_value(drivers, bytes, RING_LAST_USED);

	driver->next_known = (packed ? vq_packed_used : vq_split_used)(
		&queue->place, drivers->memory.physical, at, &driver->next_id, &driver->next_len);
	driver->next_awaited = driver->next_known && driver->next_id < queue->place.size &&
			       is_awaited(drivers, bytes, packed, driver->next_id);
}

static void fill_queue(const struct vq_drivers *drivers, struct vq_driver *driver,
		       const guint8 *bytes, bool packed)
{
	guint64 name = field_value(drivers, bytes, QUEUE_NAME);
	guint16 last_used = field_value(drivers, bytes, RING_LAST_USED);
	guint16 flags = field_value(drivers, bytes, packed ? PACKED_FLAGS : SPLIT_FLAGS);

	driver->known = true;
	driver->name = name ? kernel_memory_string(&drivers->memory, name, NAME_MAX_BYTES) : NULL;
	driver->broken = field_value(drivers, bytes, RING_BROKEN);
	driver->no_callback = !field_value(drivers, bytes, QUEUE_CALLBACK);
	driver->callbacks_off = packed ? flags == PACKED_DISABLE : flags & SPLIT_NO_INTERRUPT;
	driver->last_used = packed ? last_used & 0x7fff : last_used;
	driver->free = field_value(drivers, bytes, QUEUE_FREE);
	driver->added = field_value(drivers, bytes, RING_ADDED);
}

static void add_orphan(struct vq_drivers *drivers)
{
	struct orphan orphan = {drivers->device_index, drivers->device_kind, 1};
	guint count = drivers->orphans->len;
	struct orphan *last = count ? &g_array_index(drivers->orphans, struct orphan, count - 1)
				    : NULL;

	if (last && last->device_index == orphan.device_index)
		last->queues++;
	else
		g_array_append_val(drivers->orphans, orphan);
}

static unsigned count_unready(const struct vq_sample *sample, unsigned kind)
{
	unsigned count = 0;

	for (guint i = 0; i < sample->devices->len; i++) {
		const struct vq_device *device = g_ptr_array_index(sample->devices, i);

		count += device->device_id == kind && !device->queues->len;
	}
	return count;
}

static unsigned count_orphans(const struct vq_drivers *drivers, unsigned kind)
{
	unsigned count = 0;

	for (guint i = 0; i < drivers->orphans->len; i++)
		count += g_array_index(drivers->orphans, struct orphan, i).device_kind == kind;
	return count;
}

/*
 * Without a ring nothing says which device is which: only where each one of the
 * kind that has no queues must be one whose driver uses some, it is told.
 */
static void give_orphans(const struct vq_drivers *drivers)
{
	const struct vq_sample *sample = drivers->sample;

	for (guint i = 0; i < sample->devices->len; i++) {
		struct vq_device *device = g_ptr_array_index(sample->devices, i);
		unsigned unready = count_unready(sample, device->device_id);

		if (device->queues->len || !unready ||
		    unready != count_orphans(drivers, device->device_id))
			continue;
		for (guint j = 0; j < drivers->orphans->len; j++) {
			const struct orphan *orphan = &g_array_index(drivers->orphans,
								     struct orphan, j);

			if (orphan->device_kind != device->device_id)
				continue;
			device->orphans = orphan->queues;
			if (unready == 1)
				device->guest_index = orphan->device_index;
		}
	}
}

/* struct virtqueue is the first member of struct vring_virtqueue. */
static bool see_queue(struct vq_drivers *drivers, guint64 entry)
{
	guint8 bytes[VQ_LAYOUT_STRUCTURE_MAX];
	struct vq_device *device;
	struct vq_queue *queue;
	bool packed;

	if (!kernel_memory_read(&drivers->memory, entry - offset(drivers, QUEUE_ENTRY), bytes,
				drivers->layout.ring_bytes))
		return false;
	/* Where it is the layout's number, those of packed rings are odd. */
	packed = field_value(drivers, bytes, RING_PACKED) & 1;
	queue = find_queue(drivers->sample,
			   field_value(drivers, bytes, packed ? PACKED_ADDRESS : SPLIT_ADDRESS),
			   &device);
	if (!queue) {
		add_orphan(drivers);
	} else if (!queue->driver.known) {
		fill_queue(drivers, &queue->driver, bytes, packed);
		if (queue->driver.broken)
			fill_next(drivers, queue, bytes, packed);
		device->guest_index = drivers->device_index;
	}
	return false;
}

static bool see_device(struct vq_drivers *drivers, guint64 entry)
{
	guint64 private = entry - offset(drivers, NODE_NODE) - offset(drivers, PRIVATE_BUS);
	guint64 device;
	guint8 index[4], kind[4];

	if (!pointer(drivers, private, PRIVATE_DEVICE, &device))
		return false;
	device -= offset(drivers, VIRTIO_DEVICE);
	if (kernel_memory_read(&drivers->memory, device + offset(drivers, VIRTIO_INDEX), index,
			       sizeof(index)) &&
	    kernel_memory_read(&drivers->memory, device + offset(drivers, VIRTIO_KIND), kind,
			       sizeof(kind))) {
		drivers->device_index = vq_le32(index);
		drivers->device_kind = vq_le32(kind);
		each_entry(drivers, device + offset(drivers, VIRTIO_QUEUES), see_queue);
	}
	return false;
}

static bool see_bus(struct vq_drivers *drivers, guint64 entry)
{
	guint64 subsys = entry - offset(drivers, KOBJECT_ENTRY) - offset(drivers, SUBSYS_KOBJECT);
	guint64 bus;

	if (!pointer(drivers, subsys, SUBSYS_BUS, &bus) ||
	    bus != drivers->layout.virtio_bus + drivers->memory.slide)
		return false;
	each_entry(drivers, subsys + offset(drivers, SUBSYS_DEVICES) + offset(drivers, KLIST_LIST),
		   see_device);
	return true;
}

/* panic() takes its CPU's number, once and for all; whatever the console says. */
static void read_panic(const struct vq_drivers *drivers, struct vq_sample *sample)
{
	guint8 cpu[4];
	guint64 address;

	if (!kernel_types_symbol(drivers->types, "panic_cpu", &address) ||
	    !kernel_memory_read(&drivers->memory, address, cpu, sizeof(cpu)))
		return;
	sample->kernel_known = true;
	if (!sample->halted && vq_le32(cpu) != G_MAXUINT32)
		sample->halted = g_strdup("panicked");
}

char *vq_drivers_fill(struct vq_drivers *drivers, struct vq_sample *sample,
		      struct vq_memory *memory)
{
	char *why = kernel_memory_init(&drivers->memory, drivers->types, memory);
	guint64 buses;

	if (why)
		return why;
	read_panic(drivers, sample);
	drivers->sample = sample;
	drivers->orphans = g_array_new(FALSE, FALSE, sizeof(struct orphan));
	if (!kernel_memory_pointer(&drivers->memory,
				   drivers->layout.bus_kset + drivers->memory.slide, &buses) ||
	    !buses || !each_entry(drivers, buses + offset(drivers, KSET_LIST), see_bus))
		why = g_strdup("the guest's kernel has no list of virtio devices yet");
	else
		give_orphans(drivers);
	g_array_unref(drivers->orphans);
	return why;
}
