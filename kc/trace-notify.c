/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kicks and interrupts, from the one side that sends to the other that takes. */
#include "trace-part.h"

/* The first of @times, in order, that is not before @time; TRACE_NEVER: none. */
static gint64 first_from(const GArray *times, gint64 time, guint32 *index)
{
	guint32 low = 0, high = times->len;

	while (low < high) {
		guint32 middle = low + (high - low) / 2;

		if (g_array_index(times, gint64, middle) < time)
			low = middle + 1;
		else
			high = middle;
	}
	*index = low;
	return low < times->len ? g_array_index(times, gint64, low) : TRACE_NEVER;
}

void part_append_kicks(struct trace_part *part)
{
	const struct driver_queue *driver = part->link->driver;
	const struct device_queue *device = part->link->device;
	guint32 n = driver ? driver->kicks->len : 0;

	part->queue->first_kick = part->kicks->len;
	part->queue->n_kicks = n;
	for (guint32 i = 0; i < n; i++) {
		const struct driver_kick *from = &g_array_index(driver->kicks, struct driver_kick,
								i);
		struct trace_kick kick = {
			.asked = part_from_guest(part, from->asked),
			.sent = part_from_guest(part, from->sent),
			.noticed = TRACE_NEVER,
			.queue = part->index,
			.buffers = from->buffers,
		};
		guint32 unused;

		if (kick.sent != TRACE_NEVER && device)
			kick.noticed = part_from_host(
				part,
				first_from(device->notices, kick.sent + part->begin, &unused));
		if (kick.noticed != TRACE_NEVER &&
		    part_device_lost(part, kick.sent + part->begin, kick.noticed + part->begin))
			kick.noticed = TRACE_NEVER;
		g_array_append_val(part->kicks, kick);
	}
}

static GArray *interrupt_times(const struct trace_part *part)
{
	const struct driver_queue *driver = part->link->driver;
	guint32 n = driver ? driver->interrupts->len : 0;
	GArray *times = g_array_sized_new(FALSE, FALSE, sizeof(gint64), n);

	for (guint32 i = 0; i < n; i++) {
		gint64 time = clock_to_host(
			&part->join->clock,
			g_array_index(driver->interrupts, struct driver_interrupt, i).time);

		g_array_append_val(times, time);
	}
	return times;
}

/* The device was watched for longer than the driver. */
static void bound_signals(struct trace_part *part, guint32 *first, guint32 *end)
{
	const struct device_queue *device = part->link->device;
	guint32 n = device ? device->signals->len : 0;

	for (*first = 0; *first < n; (*first)++)
		if (g_array_index(device->signals, struct device_signal, *first).time >=
		    part->begin)
			break;
	for (*end = n; *end > *first; (*end)--)
		if (g_array_index(device->signals, struct device_signal, *end - 1).time <=
		    part->end)
			break;
}

/* Handlers that nothing was raised for served another queue of the same vector. */
static void append_interrupt(struct trace_part *part, const struct device_signal *signal,
			     const GArray *taken)
{
	const struct driver_queue *driver = part->link->driver;
	struct trace_interrupt interrupt = {
		.raised = TRACE_NEVER,
		.taken = TRACE_NEVER,
		.queue = part->index,
		.buffers = signal->buffers,
		.suppressed = signal->suppressed,
	};
	guint32 index;

	if (!signal->suppressed) {
		interrupt.raised = part_from_host(part, signal->time);
		interrupt.taken = part_from_host(part, first_from(taken, signal->time, &index));
	}
	if (interrupt.taken != TRACE_NEVER &&
	    part_driver_lost(part, signal->time, interrupt.taken + part->begin))
		interrupt.taken = TRACE_NEVER;
	if (interrupt.taken != TRACE_NEVER)
		interrupt.cpu =
			g_array_index(driver->interrupts, struct driver_interrupt, index).cpu;
	g_array_append_val(part->interrupts, interrupt);
}

void part_append_interrupts(struct trace_part *part)
{
	const struct device_queue *device = part->link->device;
	g_autoptr(GArray) taken = interrupt_times(part);
	guint32 end;

	bound_signals(part, &part->first_signal, &end);
	part->queue->first_interrupt = part->interrupts->len;
	part->queue->n_interrupts = end - part->first_signal;
	for (guint32 i = part->first_signal; i < end; i++)
		append_interrupt(part, &g_array_index(device->signals, struct device_signal, i),
				 taken);
}
