/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what was recorded to a trace: both streams decoded, joined and summed up. */
#include "trace/join/build.h"
#include "base/status.h"
#include "trace/record/devices.h"
#include "trace/join/join.h"
#include "trace/join/device-numbers.h"
#include "trace/record/qemu-file.h"
#include "trace/join/stats.h"

/* A device that has the number of one that is gone begins as that does: with a reset. */
static void take_begin(struct trace_join *join, const struct driver_event *greeting)
{
	struct driver_event reset = *greeting;

	reset.value = 0;
	driver_side_take(join->driver, &reset);
}

static bool feed_pages(struct trace_join *join, struct trace_pages *pages,
		       struct device_numbers *numbers, bool follow, GError **error)
{
	GError *cause = NULL;
	struct driver_event event;

	while (trace_pages_next(pages, &event, &cause)) {
		if (device_numbers_resolve(numbers, &event, follow))
			take_begin(join, &event);
		join->driver_end = event.time;
		driver_side_take(join->driver, &event);
	}
	if (cause)
		g_propagate_error(error, cause);
	return !cause;
}

static bool sees_all(const struct trace_join *join, const struct trace_record *record)
{
	return !record->only && join->driver_gaps->len == 0 && join->device_gaps->len == 0;
}

/* What comes before the command is of kc's own channel alone. */
static bool feed_driver(struct trace_join *join, struct trace_record *record,
			struct device_numbers *numbers, GError **error)
{
	if (!feed_pages(join, record->first_pages, numbers, false, error))
		return false;
	join->driver_begin = join->driver_end;
	driver_side_begin(join->driver, join->driver_begin);
	if (!trace_pages_gaps(record->pages, join->driver_begin, join->driver_gaps, error) ||
	    !feed_pages(join, record->pages, numbers, sees_all(join, record), error))
		return false;
	driver_side_finish(join->driver, join->driver_end);
	return true;
}

static bool feed_device(struct trace_join *join, struct qemu_file *file,
			struct device_numbers *numbers, GError **error)
{
	GError *cause = NULL;
	struct device_event event;

	while (qemu_file_next(file, &event, join->device_gaps, &cause)) {
		device_numbers_hear(numbers, &event);
		device_side_take(join->device, &event);
	}
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
	struct device_numbers *numbers;
	struct trace_join join;
	bool built;

	trace_devices_fill(trace, qemu_file_devices(file), vm_qmp(record->vm), record->facts);
	trace->kernel = g_strdup(record->facts->release);
	trace->cpus = record->facts->cpus;
	join_init(&join, trace, record);
	numbers = device_numbers_new(trace);
	built = has_agent(&join, record->facts, error) &&
		feed_device(&join, file, numbers, error) &&
		feed_driver(&join, record, numbers, error) && trace_join(&join, error);
	device_numbers_free(numbers);
	fill_losses(&trace->losses, record->pages, file);
	join_clear(&join);
	if (built)
		trace_summarise(trace);
	return built;
}

struct trace *trace_build(struct trace_record *record, GError **error)
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
