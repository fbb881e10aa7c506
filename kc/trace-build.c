/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what was recorded to a trace: both streams decoded, joined and summed up. */
#include "status.h"
#include "trace-devices.h"
#include "trace-join.h"
#include "trace-qemu.h"
#include "trace-record.h"
#include "trace-stats.h"

#include <string.h>

static void put_device(GArray *map, guint32 number, guint32 device)
{
	while (map->len <= number) {
		guint32 none = TRACE_NONE;

		g_array_append_val(map, none);
	}
	g_array_index(map, guint32, number) = device;
}

/* The guest's number of a device to our index; TRACE_NONE for one that QEMU has not. */
static GArray *map_devices(const struct trace *trace)
{
	GArray *map = g_array_new(FALSE, FALSE, sizeof(guint32));

	for (guint32 i = 0; i < trace->n_devices; i++) {
		const char *name = trace->devices[i].guest_name;
		guint64 number = name ? g_ascii_strtoull(name + strlen("virtio"), NULL, 10) : 0;

		if (!name || number > G_MAXUINT16)
			continue;
		put_device(map, number, i);
	}
	return map;
}

/* The device that the guest was never asked about; TRACE_NONE: there is none, or several. */
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

/* One that came after the guest was asked for its devices, and went before it was again. */
static guint32 meet_device(struct trace *trace, GArray *map, guint32 number)
{
	guint32 device = nameless_device(trace);

	if (device == TRACE_NONE)
		return TRACE_NONE;
	trace->devices[device].guest_name = g_strdup_printf("virtio%u", number);
	put_device(map, number, device);
	return device;
}

static guint32 device_of(struct trace *trace, GArray *map, guint32 number)
{
	guint32 device = number < map->len ? g_array_index(map, guint32, number) : TRACE_NONE;

	return device == TRACE_NONE ? meet_device(trace, map, number) : device;
}

static bool feed_pages(struct trace_join *join, struct trace_pages *pages, GArray *map,
		       GError **error)
{
	GError *cause = NULL;
	struct driver_event event;

	while (trace_pages_next(pages, &event, &cause)) {
		event.device = device_of(join->trace, map, event.device);
		join->driver_end = event.time;
		driver_side_take(join->driver, &event);
	}
	if (cause)
		g_propagate_error(error, cause);
	return !cause;
}

/* What comes before the command is of kc's own channel alone. */
static bool feed_driver(struct trace_join *join, struct trace_record *record, GError **error)
{
	g_autoptr(GArray) map = map_devices(join->trace);

	if (!feed_pages(join, record->first_pages, map, error))
		return false;
	join->driver_begin = join->driver_end;
	driver_side_begin(join->driver, join->driver_begin);
	if (!trace_pages_gaps(record->pages, join->driver_begin, join->driver_gaps, error) ||
	    !feed_pages(join, record->pages, map, error))
		return false;
	driver_side_finish(join->driver, join->driver_end);
	return true;
}

static bool feed_device(struct trace_join *join, struct qemu_file *file, GError **error)
{
	GError *cause = NULL;
	struct device_event event;

	while (qemu_file_next(file, &event, join->device_gaps, &cause))
		device_side_take(join->device, &event);
	if (cause)
		g_propagate_error(error, cause);
	return !cause;
}

static void join_init(struct trace_join *join, struct trace *trace,
		      const struct trace_record *record)
{
	*join = (struct trace_join){
		.trace = trace,
		.driver_begin = TRACE_NEVER,
		.driver_end = TRACE_NEVER,
		.driver_gaps = g_array_new(FALSE, FALSE, sizeof(struct trace_gap)),
		.device_gaps = g_array_new(FALSE, FALSE, sizeof(struct trace_gap)),
		.descriptors = g_array_new(FALSE, FALSE, sizeof(struct trace_descriptor)),
		.agent = trace_devices_find(trace, record->facts->agent),
		.wanted = g_new(bool, trace->n_devices + 1),
		.only_queue = record->queue < 0 ? TRACE_NONE : record->queue,
	};
	for (guint32 i = 0; i < trace->n_devices; i++)
		join->wanted[i] = trace_record_wants(record, &trace->devices[i]);
	join->driver = driver_side_new(trace->n_devices, join->driver_gaps);
	join->device = device_side_new(trace->n_devices, join->descriptors);
}

static void join_clear(struct trace_join *join)
{
	driver_side_free(join->driver);
	device_side_free(join->device);
	g_free(join->wanted);
	g_array_unref(join->driver_gaps);
	g_array_unref(join->device_gaps);
	if (join->descriptors)
		g_array_unref(join->descriptors);
}

static bool has_agent(const struct trace_join *join, const struct guest_facts *facts,
		      GError **error)
{
	if (join->agent != TRACE_NONE)
		return true;
	g_set_error(
		error, STATUS_ERROR, STATUS_NOT_CARRIED,
		"kc's own channel, which the guest calls %s, was not found among QEMU's devices",
		facts->agent ? facts->agent : "nothing");
	return false;
}

static void fill_losses(struct trace_losses *losses, const struct trace_pages *pages,
			const struct qemu_file *file)
{
	losses->driver_events = trace_pages_lost(pages);
	losses->driver_missed = trace_pages_missed(pages);
	losses->device_events = qemu_file_lost(file);
}

static bool build(struct trace_record *record, struct trace *trace, struct qemu_file *file,
		  GError **error)
{
	struct trace_join join;
	bool built;

	trace_devices_fill(trace, qemu_file_devices(file), vm_qmp(record->vm), record->facts);
	trace->kernel = g_strdup(record->facts->release);
	trace->cpus = record->facts->cpus;
	join_init(&join, trace, record);
	built = has_agent(&join, record->facts, error) && feed_driver(&join, record, error) &&
		feed_device(&join, file, error) && trace_join(&join, error);
	fill_losses(&trace->losses, record->pages, file);
	join_clear(&join);
	if (built)
		trace_summarise(trace);
	return built;
}

struct trace *trace_record_join(struct trace_record *record, GError **error)
{
	struct qemu_file *file = qemu_file_open(record->fd, error);
	struct trace *trace;

	if (!file)
		return NULL;
	trace = g_new0(struct trace, 1);
	if (!build(record, trace, file, error))
		g_clear_pointer(&trace, trace_free);
	qemu_file_close(file);
	return trace;
}
