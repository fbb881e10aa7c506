/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kicks and interrupts, from the one side that sends to the other that takes. */
#include "trace/join/internal.h"

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

void assembly_append_kicks(struct trace_assembly *assembly)
{
	const struct driver_queue *driver = assembly->link->driver;
	const struct device_queue *device = assembly->link->device;
	guint32 n = driver ? driver->kicks->len : 0;

	assembly->queue->first_kick = assembly->kicks->len;
	assembly->queue->n_kicks = n;
	for (guint32 i = 0; i < n; i++) {
		const struct driver_kick *from = &g_array_index(driver->kicks, struct driver_kick,
								i);
		struct trace_kick kick = {
			.asked = assembly_from_guest(assembly, from->asked),
			.sent = assembly_from_guest(assembly, from->sent),
			.noticed = TRACE_NEVER,
			.queue = assembly->index,
			.buffers = from->buffers,
		};
		guint32 unused;

		if (kick.sent != TRACE_NEVER && device)
			kick.noticed = assembly_from_host(
				assembly,
				first_from(device->notices, kick.sent + assembly->begin, &unused));
		if (kick.noticed != TRACE_NEVER &&
		    assembly_device_lost(assembly, kick.sent + assembly->begin,
					 kick.noticed + assembly->begin))
			kick.noticed = TRACE_NEVER;
		g_array_append_val(assembly->kicks, kick);
	}
}

static GArray *interrupt_times(const struct trace_assembly *assembly)
{
	const struct driver_queue *driver = assembly->link->driver;
	guint32 n = driver ? driver->interrupts->len : 0;
	GArray *times = g_array_sized_new(FALSE, FALSE, sizeof(gint64), n);

	for (guint32 i = 0; i < n; i++) {
		gint64 time = clock_to_host(
			&assembly->join->clock,
			g_array_index(driver->interrupts, struct driver_interrupt, i).time);

		g_array_append_val(times, time);
	}
	return times;
}

/* The device was watched for longer than the driver. */
static void bound_signals(struct trace_assembly *assembly, guint32 *first, guint32 *end)
{
	const struct device_queue *device = assembly->link->device;
	guint32 n = device ? device->signals->len : 0;

	for (*first = 0; *first < n; (*first)++)
		if (g_array_index(device->signals, struct device_signal, *first).time >=
		    assembly->begin)
			break;
	for (*end = n; *end > *first; (*end)--)
		if (g_array_index(device->signals, struct device_signal, *end - 1).time <=
		    assembly->end)
			break;
}

/* Handlers that nothing was raised for served another queue of the same vector. */
static void append_interrupt(struct trace_assembly *assembly, const struct device_signal *signal,
			     const GArray *taken)
{
	const struct driver_queue *driver = assembly->link->driver;
	struct trace_interrupt interrupt = {
		.raised = TRACE_NEVER,
		.taken = TRACE_NEVER,
		.queue = assembly->index,
		.buffers = signal->buffers,
		.suppressed = signal->suppressed,
	};
	guint32 index;

	if (!signal->suppressed) {
		interrupt.raised = assembly_from_host(assembly, signal->time);
		interrupt.taken = assembly_from_host(assembly,
						     first_from(taken, signal->time, &index));
	}
	if (interrupt.taken != TRACE_NEVER &&
	    assembly_driver_lost(assembly, signal->time, interrupt.taken + assembly->begin))
		interrupt.taken = TRACE_NEVER;
	if (interrupt.taken != TRACE_NEVER)
		interrupt.cpu =
			g_array_index(driver->interrupts, struct driver_interrupt, index).cpu;
	g_array_append_val(assembly->interrupts, interrupt);
}

void assembly_append_interrupts(struct trace_assembly *assembly)
{
	const struct device_queue *device = assembly->link->device;
	g_autoptr(GArray) taken = interrupt_times(assembly);
	guint32 end;

	bound_signals(assembly, &assembly->first_signal, &end);
	assembly->queue->first_interrupt = assembly->interrupts->len;
	assembly->queue->n_interrupts = end - assembly->first_signal;
	for (guint32 i = assembly->first_signal; i < end; i++)
		append_interrupt(assembly, &g_array_index(device->signals, struct device_signal, i),
				 taken);
}
