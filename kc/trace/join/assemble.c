/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From linked halves to the records of trace.h, each with its fate. */
#include "trace/join/names.h"
#include "trace/join/internal.h"

#include <linux/virtio_ring.h>

static gint64 gap_to_host(const struct trace_join *join, gint64 guest)
{
	if (guest == G_MININT64 || guest == G_MAXINT64)
		return guest;
	return clock_to_host(&join->clock, guest);
}

static GArray *gaps_to_host(const struct trace_join *join)
{
	GArray *gaps = g_array_new(FALSE, FALSE, sizeof(struct trace_gap));

	for (guint i = 0; i < join->driver_gaps->len; i++) {
		const struct trace_gap *from = &g_array_index(join->driver_gaps, struct trace_gap,
							      i);
		struct trace_gap gap = {gap_to_host(join, from->from), gap_to_host(join, from->to)};

		g_array_append_val(gaps, gap);
	}
	return gaps;
}

static void fill_driver(const struct trace_assembly *assembly, struct trace_buffer *buffer,
			const struct driver_half *driver)
{
	buffer->at[TRACE_ADDED] = assembly_from_guest(assembly, driver->added);
	buffer->at[TRACE_COLLECTED] = assembly_from_guest(assembly, driver->collected);
	buffer->head = driver->head;
	/* Where its add was not seen, the device may know its place all the same. */
	if (driver->added != TRACE_NEVER) {
		buffer->position = driver->position;
		buffer->slots = driver->slots;
		buffer->add_cpu = driver->add_cpu;
	}
	buffer->used = driver->used;
	buffer->collect_cpu = driver->collect_cpu;
	if (driver->kick != TRACE_NONE)
		buffer->kick = assembly->queue->first_kick + driver->kick;
}

static void fill_device(const struct trace_assembly *assembly, struct trace_buffer *buffer,
			const struct device_half *device)
{
	buffer->at[TRACE_POPPED] = assembly_from_host(assembly, device->popped);
	buffer->at[TRACE_FILLED] = assembly_from_host(assembly, device->filled);
	buffer->at[TRACE_PUSHED] = assembly_from_host(assembly, device->pushed);
	buffer->head = device->head;
	buffer->position = device->position;
	buffer->chain = device->chain;
	buffer->out_num = device->out_num;
	buffer->in_num = device->in_num;
	buffer->out_bytes = device->out_bytes;
	buffer->in_bytes = device->in_bytes;
	buffer->written = device->written;
	buffer->descriptors = device->descriptors;
	if (device->popped != TRACE_NEVER && device->written > device->in_bytes)
		buffer->flags |= TRACE_OVERLONG;
	if (device->signal - assembly->first_signal < assembly->queue->n_interrupts)
		buffer->interrupt = assembly->queue->first_interrupt + device->signal -
				    assembly->first_signal;
}

/* The kick that covers it, and whether it was that which brought the device to it. */
static void follow_kick(const struct trace_assembly *assembly, struct trace_buffer *buffer)
{
	const struct trace_kick *kick;

	if (buffer->kick == TRACE_NONE)
		return;
	kick = &g_array_index(assembly->kicks, struct trace_kick, buffer->kick);
	/* Another, that was lost, may have covered it before. */
	if (assembly_driver_lost(assembly, buffer->at[TRACE_ADDED] + assembly->begin,
				 MAX(kick->asked, kick->sent) + assembly->begin)) {
		buffer->kick = TRACE_NONE;
		return;
	}
	buffer->at[TRACE_KICKED] = kick->sent;
	if (kick->sent == TRACE_NEVER)
		buffer->flags |= TRACE_KICK_SUPPRESSED;
	else if (buffer->at[TRACE_POPPED] != TRACE_NEVER &&
		 (kick->noticed == TRACE_NEVER || kick->noticed > buffer->at[TRACE_POPPED]))
		buffer->flags |= TRACE_POLLED;
	else
		buffer->at[TRACE_NOTIFIED] = kick->noticed;
}

static gint64 signal_time(const struct trace_assembly *assembly, guint32 interrupt)
{
	guint32 signal = interrupt - assembly->queue->first_interrupt + assembly->first_signal;

	return g_array_index(assembly->link->device->signals, struct device_signal, signal).time;
}

static void follow_interrupt(const struct trace_assembly *assembly, struct trace_buffer *buffer)
{
	const struct trace_interrupt *interrupt;
	gint64 collected = buffer->at[TRACE_COLLECTED];

	if (buffer->interrupt == TRACE_NONE)
		return;
	interrupt = &g_array_index(assembly->interrupts, struct trace_interrupt, buffer->interrupt);
	if (assembly_device_lost(assembly, buffer->at[TRACE_PUSHED] + assembly->begin,
				 signal_time(assembly, buffer->interrupt))) {
		buffer->interrupt = TRACE_NONE;
		return;
	}
	buffer->at[TRACE_RAISED] = interrupt->raised;
	if (interrupt->suppressed)
		buffer->flags |= TRACE_INTERRUPT_SUPPRESSED;
	else if (interrupt->taken != TRACE_NEVER &&
		 (collected == TRACE_NEVER || interrupt->taken <= collected))
		buffer->at[TRACE_TAKEN] = interrupt->taken;
}

/*
 * A descriptor does not say where it lies: the first of a chain is at the head
 * (packed: at the slot), each other where the one before it points to (packed:
 * one slot on). A table of its own begins anew. Until now each has in index
 * what it says of the next.
 */
void trace_place_chain(struct trace_descriptor *chain, guint32 n, guint16 first, guint16 ring)
{
	bool table = chain[0].flags & VRING_DESC_F_INDIRECT;
	guint32 at = first;

	for (guint32 i = 0; i < n; i++) {
		guint16 next = chain[i].index;

		chain[i].index = at;
		if (table && i == 0)
			at = 0;
		else if (!ring)
			at = next;
		else if (++at == ring && !table)
			at = 0;
	}
}

static void place_descriptors(const struct trace_assembly *assembly, struct trace_buffer *buffer,
			      const struct device_half *device)
{
	struct trace_descriptor *chain;

	if (buffer->descriptors == TRACE_NONE)
		return;
	/* Where a packed ring ends is known from its driver alone. */
	if (assembly->queue->packed && !assembly->queue->size) {
		buffer->descriptors = TRACE_NONE;
		return;
	}
	chain = &g_array_index(assembly->join->descriptors, struct trace_descriptor,
			       buffer->descriptors);
	if (assembly->queue->packed)
		trace_place_chain(chain, device->chain + device->indirect,
				  buffer->position & 0x7fff, assembly->queue->size);
	else
		trace_place_chain(chain, device->chain + device->indirect, buffer->head, 0);
}

static bool is_indirect(const struct driver_half *driver, const struct device_half *device)
{
	if (device && device->descriptors != TRACE_NONE)
		return device->indirect;
	/* Linux puts only chains of several descriptors into a table of their own. */
	return driver && device && driver->slots == 1 && device->chain > 1;
}

static void append_buffer(struct trace_assembly *assembly, const struct driver_half *driver,
			  const struct device_half *device, enum trace_fate fate)
{
	struct trace_buffer buffer = {
		.queue = assembly->index,
		.kick = TRACE_NONE,
		.interrupt = TRACE_NONE,
		.descriptors = TRACE_NONE,
		.fate = fate,
	};

	for (int i = 0; i < TRACE_MOMENTS; i++)
		buffer.at[i] = TRACE_NEVER;
	if (device) {
		fill_device(assembly, &buffer, device);
		place_descriptors(assembly, &buffer, device);
	}
	if (driver)
		fill_driver(assembly, &buffer, driver);
	if (is_indirect(driver, device))
		buffer.flags |= TRACE_INDIRECT;
	follow_kick(assembly, &buffer);
	follow_interrupt(assembly, &buffer);
	g_array_append_val(assembly->buffers, buffer);
}

static gint64 first_seen(const struct device_half *half)
{
	return half->popped != TRACE_NEVER ? half->popped : half->filled;
}

/* Those that only the device handled, up to a moment on the host's clock. */
static guint32 append_device_only(struct trace_assembly *assembly, guint32 j, gint64 until)
{
	enum trace_fate fate;

	for (; j < assembly->link->of_device->len; j++) {
		if (first_seen(assembly_device(assembly, j)) > until)
			break;
		if (g_array_index(assembly->link->of_device, guint32, j) == TRACE_NONE &&
		    assembly_device_fate(assembly, j, &fate))
			append_buffer(assembly, NULL, assembly_device(assembly, j), fate);
	}
	return j;
}

static void append_buffers(struct trace_assembly *assembly)
{
	guint32 j = 0;

	assembly->queue->first_buffer = assembly->buffers->len;
	for (guint32 i = 0; i < assembly->link->of_driver->len; i++) {
		const struct driver_half *driver = assembly_driver(assembly, i);
		const struct device_half *device = assembly_device(
			assembly, g_array_index(assembly->link->of_driver, guint32, i));
		gint64 seen = driver->added != TRACE_NEVER ? driver->added : driver->collected;

		j = append_device_only(assembly, j, clock_to_host(&assembly->join->clock, seen));
		if (driver->end == DRIVER_UNCLEAR)
			continue;
		append_buffer(assembly, driver, device,
			      assembly_driver_fate(assembly, driver, device));
	}
	append_device_only(assembly, j, G_MAXINT64);
	assembly->queue->n_buffers = assembly->buffers->len - assembly->queue->first_buffer;
}

static bool is_asked_for(const struct trace_join *join, guint32 device, guint32 number)
{
	const struct trace_link *link = &join->links[device][number];

	if (device == join->agent || (!link->driver && !link->device))
		return false;
	return join->wanted[device] &&
	       (join->only_queue == TRACE_NONE || join->only_queue == number);
}

static void fill_queue(struct trace_assembly *assembly, guint32 device, guint32 number)
{
	const struct trace_link *link = assembly->link;

	*assembly->queue = (struct trace_queue){
		.device = device,
		.number = number,
		.name = trace_queue_name(assembly->device, number),
		.vector = link->device ? link->device->vector : G_MAXUINT16,
		.size = link->driver ? link->driver->size : 0,
		.packed = link->driver ? link->driver->packed : assembly->device->packed,
	};
	if (link->driver && assembly->end > assembly->begin && assembly->driver_gaps->len == 0) {
		assembly->queue->stats.in_flight_max = link->driver->in_flight_max;
		assembly->queue->stats.in_flight_mean = link->driver->in_flight_time /
							(assembly->end - assembly->begin);
	}
}

static void append_queue(struct trace_assembly *assembly, GArray *queues, guint32 device,
			 guint32 number)
{
	struct trace_queue queue;

	assembly->link = &assembly->join->links[device][number];
	assembly->device = &assembly->join->trace->devices[device];
	assembly->queue = &queue;
	assembly->index = queues->len;
	fill_queue(assembly, device, number);
	assembly_append_kicks(assembly);
	assembly_append_interrupts(assembly);
	append_buffers(assembly);
	if (queue.n_buffers || queue.n_kicks || queue.n_interrupts)
		g_array_append_val(queues, queue);
	else
		g_free(queue.name);
}

/* The ends of an array are the trace's from now on. */
static void *give(GArray *array, guint32 *n)
{
	*n = array->len;
	return g_array_free(array, FALSE);
}

static void append_all(struct trace_assembly *assembly, GArray *queues)
{
	struct trace_join *join = assembly->join;

	for (guint32 i = 0; i < join->trace->n_devices; i++) {
		guint32 n = MAX(driver_side_queues(join->driver, i),
				device_side_queues(join->device, i));

		for (guint32 j = 0; j < n; j++)
			if (is_asked_for(join, i, j))
				append_queue(assembly, queues, i, j);
	}
}

bool trace_assemble(struct trace_join *join, GError **error)
{
	struct trace *trace = join->trace;
	GArray *queues = g_array_new(FALSE, FALSE, sizeof(struct trace_queue));
	struct trace_assembly assembly = {
		.join = join,
		.buffers = g_array_new(FALSE, FALSE, sizeof(struct trace_buffer)),
		.kicks = g_array_new(FALSE, FALSE, sizeof(struct trace_kick)),
		.interrupts = g_array_new(FALSE, FALSE, sizeof(struct trace_interrupt)),
		.driver_gaps = gaps_to_host(join),
		.begin = clock_to_host(&join->clock, join->driver_begin),
		.end = clock_to_host(&join->clock, join->driver_end),
	};

	append_all(&assembly, queues);
	trace->duration_ns = assembly.end - assembly.begin;
	trace->queues = give(queues, &trace->n_queues);
	trace->buffers = give(assembly.buffers, &trace->n_buffers);
	trace->kicks = give(assembly.kicks, &trace->n_kicks);
	trace->interrupts = give(assembly.interrupts, &trace->n_interrupts);
	trace->descriptors = give(g_steal_pointer(&join->descriptors), &trace->n_descriptors);
	g_array_unref(assembly.driver_gaps);
	if (assembly.error)
		g_propagate_error(error, assembly.error);
	return !assembly.error;
}
