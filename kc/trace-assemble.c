/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From linked halves to the records of trace.h, each with its fate. */
#include "trace-names.h"
#include "trace-part.h"

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

static void fill_driver(const struct trace_part *part, struct trace_buffer *buffer,
			const struct driver_half *driver)
{
	buffer->at[TRACE_ADDED] = part_from_guest(part, driver->added);
	buffer->at[TRACE_COLLECTED] = part_from_guest(part, driver->collected);
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
		buffer->kick = part->queue->first_kick + driver->kick;
}

static void fill_device(const struct trace_part *part, struct trace_buffer *buffer,
			const struct device_half *device)
{
	buffer->at[TRACE_POPPED] = part_from_host(part, device->popped);
	buffer->at[TRACE_FILLED] = part_from_host(part, device->filled);
	buffer->at[TRACE_PUSHED] = part_from_host(part, device->pushed);
	buffer->head = device->head;
	buffer->position = device->position;
	buffer->chain = device->chain;
	buffer->out_num = device->out_num;
	buffer->in_num = device->in_num;
	buffer->out_bytes = device->out_bytes;
	buffer->in_bytes = device->in_bytes;
	buffer->written = device->written;
	buffer->descriptors = device->descriptors;
	if (device->signal - part->first_signal < part->queue->n_interrupts)
		buffer->interrupt = part->queue->first_interrupt + device->signal -
				    part->first_signal;
}

/* The kick that covers it, and whether it was that which brought the device to it. */
static void follow_kick(const struct trace_part *part, struct trace_buffer *buffer)
{
	const struct trace_kick *kick;

	if (buffer->kick == TRACE_NONE)
		return;
	kick = &g_array_index(part->kicks, struct trace_kick, buffer->kick);
	/* Another, that was lost, may have covered it before. */
	if (part_driver_lost(part, buffer->at[TRACE_ADDED] + part->begin,
			     MAX(kick->asked, kick->sent) + part->begin)) {
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

static gint64 signal_time(const struct trace_part *part, guint32 interrupt)
{
	guint32 signal = interrupt - part->queue->first_interrupt + part->first_signal;

	return g_array_index(part->link->device->signals, struct device_signal, signal).time;
}

static void follow_interrupt(const struct trace_part *part, struct trace_buffer *buffer)
{
	const struct trace_interrupt *interrupt;
	gint64 collected = buffer->at[TRACE_COLLECTED];

	if (buffer->interrupt == TRACE_NONE)
		return;
	interrupt = &g_array_index(part->interrupts, struct trace_interrupt, buffer->interrupt);
	if (part_device_lost(part, buffer->at[TRACE_PUSHED] + part->begin,
			     signal_time(part, buffer->interrupt))) {
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

static void place_descriptors(const struct trace_part *part, struct trace_buffer *buffer,
			      const struct device_half *device)
{
	struct trace_descriptor *chain;

	if (buffer->descriptors == TRACE_NONE)
		return;
	/* Where a packed ring ends is known from its driver alone. */
	if (part->queue->packed && !part->queue->size) {
		buffer->descriptors = TRACE_NONE;
		return;
	}
	chain = &g_array_index(part->join->descriptors, struct trace_descriptor,
			       buffer->descriptors);
	if (part->queue->packed)
		trace_place_chain(chain, device->chain + device->indirect,
				  buffer->position & 0x7fff, part->queue->size);
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

static void append_buffer(struct trace_part *part, const struct driver_half *driver,
			  const struct device_half *device, enum trace_fate fate)
{
	struct trace_buffer buffer = {
		.queue = part->index,
		.kick = TRACE_NONE,
		.interrupt = TRACE_NONE,
		.descriptors = TRACE_NONE,
		.fate = fate,
	};

	for (int i = 0; i < TRACE_MOMENTS; i++)
		buffer.at[i] = TRACE_NEVER;
	if (device) {
		fill_device(part, &buffer, device);
		place_descriptors(part, &buffer, device);
	}
	if (driver)
		fill_driver(part, &buffer, driver);
	if (is_indirect(driver, device))
		buffer.flags |= TRACE_INDIRECT;
	follow_kick(part, &buffer);
	follow_interrupt(part, &buffer);
	g_array_append_val(part->buffers, buffer);
}

static gint64 first_seen(const struct device_half *half)
{
	return half->popped != TRACE_NEVER ? half->popped : half->filled;
}

/* Those that only the device handled, up to a moment on the host's clock. */
static guint32 append_device_only(struct trace_part *part, guint32 j, gint64 until)
{
	enum trace_fate fate;

	for (; j < part->link->of_device->len; j++) {
		if (first_seen(part_device(part, j)) > until)
			break;
		if (g_array_index(part->link->of_device, guint32, j) == TRACE_NONE &&
		    part_device_fate(part, j, &fate))
			append_buffer(part, NULL, part_device(part, j), fate);
	}
	return j;
}

static void append_buffers(struct trace_part *part)
{
	guint32 j = 0;

	part->queue->first_buffer = part->buffers->len;
	for (guint32 i = 0; i < part->link->of_driver->len; i++) {
		const struct driver_half *driver = part_driver(part, i);
		const struct device_half *device = part_device(
			part, g_array_index(part->link->of_driver, guint32, i));
		gint64 seen = driver->added != TRACE_NEVER ? driver->added : driver->collected;

		j = append_device_only(part, j, clock_to_host(&part->join->clock, seen));
		if (driver->end == DRIVER_UNCLEAR)
			continue;
		append_buffer(part, driver, device, part_driver_fate(part, driver, device));
	}
	append_device_only(part, j, G_MAXINT64);
	part->queue->n_buffers = part->buffers->len - part->queue->first_buffer;
}

static bool is_asked_for(const struct trace_join *join, guint32 device, guint32 number)
{
	const struct trace_link *link = &join->links[device][number];

	if (device == join->agent || (!link->driver && !link->device))
		return false;
	return join->wanted[device] &&
	       (join->only_queue == TRACE_NONE || join->only_queue == number);
}

static void fill_queue(struct trace_part *part, guint32 device, guint32 number)
{
	const struct trace_link *link = part->link;

	*part->queue = (struct trace_queue){
		.device = device,
		.number = number,
		.name = trace_queue_name(part->device, number),
		.vector = link->device ? link->device->vector : G_MAXUINT16,
		.size = link->driver ? link->driver->size : 0,
		.packed = link->driver ? link->driver->packed : part->device->packed,
	};
	if (link->driver && part->end > part->begin && part->driver_gaps->len == 0) {
		part->queue->stats.in_flight_max = link->driver->in_flight_max;
		part->queue->stats.in_flight_mean = link->driver->in_flight_time /
						    (part->end - part->begin);
	}
}

static void append_queue(struct trace_part *part, GArray *queues, guint32 device, guint32 number)
{
	struct trace_queue queue;

	part->link = &part->join->links[device][number];
	part->device = &part->join->trace->devices[device];
	part->queue = &queue;
	part->index = queues->len;
	fill_queue(part, device, number);
	part_append_kicks(part);
	part_append_interrupts(part);
	append_buffers(part);
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

static void append_all(struct trace_part *part, GArray *queues)
{
	struct trace_join *join = part->join;

	for (guint32 i = 0; i < join->trace->n_devices; i++) {
		guint32 n = MAX(driver_side_queues(join->driver, i),
				device_side_queues(join->device, i));

		for (guint32 j = 0; j < n; j++)
			if (is_asked_for(join, i, j))
				append_queue(part, queues, i, j);
	}
}

bool trace_assemble(struct trace_join *join, GError **error)
{
	struct trace *trace = join->trace;
	GArray *queues = g_array_new(FALSE, FALSE, sizeof(struct trace_queue));
	struct trace_part part = {
		.join = join,
		.buffers = g_array_new(FALSE, FALSE, sizeof(struct trace_buffer)),
		.kicks = g_array_new(FALSE, FALSE, sizeof(struct trace_kick)),
		.interrupts = g_array_new(FALSE, FALSE, sizeof(struct trace_interrupt)),
		.driver_gaps = gaps_to_host(join),
		.begin = clock_to_host(&join->clock, join->driver_begin),
		.end = clock_to_host(&join->clock, join->driver_end),
	};

	append_all(&part, queues);
	trace->duration_ns = part.end - part.begin;
	trace->queues = give(queues, &trace->n_queues);
	trace->buffers = give(part.buffers, &trace->n_buffers);
	trace->kicks = give(part.kicks, &trace->n_kicks);
	trace->interrupts = give(part.interrupts, &trace->n_interrupts);
	trace->descriptors = give(g_steal_pointer(&join->descriptors), &trace->n_descriptors);
	g_array_unref(part.driver_gaps);
	if (part.error)
		g_propagate_error(error, part.error);
	return !part.error;
}
