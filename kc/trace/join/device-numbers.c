/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace/join/device-numbers.h"
#include "trace/record/devices.h"

#include <linux/virtio_config.h>

struct device_numbers {
	struct trace *trace;
	GArray *map; /* of guint32, by number: the device, or TRACE_NONE */
	GArray *greeted; /* of guint32: the devices, as their side saw it */
	guint16 *status; /* by device */
	guint next; /* greeting of the driver's */
	bool strangers; /* not all are the guest's, now */
};

static void put(struct device_numbers *numbers, guint32 number, guint32 device)
{
	while (numbers->map->len <= number) {
		guint32 none = TRACE_NONE;

		g_array_append_val(numbers->map, none);
	}
	g_array_index(numbers->map, guint32, number) = device;
}

struct device_numbers *device_numbers_new(struct trace *trace)
{
	struct device_numbers *numbers = g_new0(struct device_numbers, 1);

	numbers->trace = trace;
	numbers->status = g_new0(guint16, trace->n_devices);
	numbers->map = g_array_new(FALSE, FALSE, sizeof(guint32));
	numbers->greeted = g_array_new(FALSE, FALSE, sizeof(guint32));
	for (guint32 i = 0; i < trace->n_devices; i++) {
		const char *name = trace->devices[i].guest_name;
		guint32 number = trace_devices_number(name);

		if (number <= G_MAXUINT16)
			put(numbers, number, i);
		numbers->strangers |= !name;
	}
	return numbers;
}

void device_numbers_free(struct device_numbers *numbers)
{
	g_array_unref(numbers->map);
	g_array_unref(numbers->greeted);
	g_free(numbers->status);
	g_free(numbers);
}

void device_numbers_hear(struct device_numbers *numbers, const struct device_event *event)
{
	if (event->kind != DEVICE_STATUS || event->device >= numbers->trace->n_devices)
		return;
	/* QEMU itself sets it again where the guest takes away the bus. */
	if (event->value == VIRTIO_CONFIG_S_ACKNOWLEDGE && numbers->status[event->device] == 0)
		g_array_append_val(numbers->greeted, event->device);
	numbers->status[event->device] = event->value;
}

/* The only one that the guest was never asked about; TRACE_NONE: none, or several. */
static guint32 nameless_device(const struct trace *trace)
{
	guint32 found = TRACE_NONE;

	for (guint32 i = 0; i < trace->n_devices; i++) {
		if (trace->devices[i].guest_name)
			continue;
		if (found != TRACE_NONE)
			return TRACE_NONE;
		found = i;
	}
	return found;
}

static guint32 device_of(const struct device_numbers *numbers, guint32 number)
{
	guint32 device = TRACE_NONE;

	if (number < numbers->map->len)
		device = g_array_index(numbers->map, guint32, number);
	return device == TRACE_NONE ? nameless_device(numbers->trace) : device;
}

/* The device that is greeted; that which had the number if nobody is known to be. */
static guint32 greet(struct device_numbers *numbers, guint32 device)
{
	if (numbers->next >= numbers->greeted->len)
		return device;
	return g_array_index(numbers->greeted, guint32, numbers->next++);
}

bool device_numbers_resolve(struct device_numbers *numbers, struct driver_event *event, bool follow)
{
	guint32 number = event->device;
	guint32 before = device_of(numbers, number), device = before;
	char **name;

	if (follow && numbers->strangers && event->kind == DRIVER_STATUS &&
	    event->value == VIRTIO_CONFIG_S_ACKNOWLEDGE)
		device = greet(numbers, before);
	event->device = device;
	if (device == TRACE_NONE)
		return false;
	put(numbers, number, device);
	name = &numbers->trace->devices[device].guest_name;
	if (!*name)
		*name = g_strdup_printf("virtio%u", number);
	return device != before;
}
