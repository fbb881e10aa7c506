/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From linked halves to the records of trace.h, each with its fate. */
#include "status.h"
#include "trace-join.h"

struct part {
	struct trace_join *join;
	const struct trace_link *link;
	const struct trace_device *device;
	struct trace_queue *queue;
	guint32 index; /* of the queue */
	GArray *buffers, *kicks, *interrupts;
	GArray *driver_gaps; /* on the host's clock; those of the device are */
	gint64 begin, end; /* of what the driver's side saw, on the host's clock */
	guint32 first_signal; /* of the queue's that lies within */
	GError *error;
};

/* Host time since the trace's start. */
static gint64 from_guest(const struct part *part, gint64 guest)
{
	if (guest == TRACE_NEVER)
		return TRACE_NEVER;
	return clock_to_host(&part->join->line, guest) - part->begin;
}

static gint64 from_host(const struct part *part, gint64 host)
{
	return host == TRACE_NEVER ? TRACE_NEVER : host - part->begin;
}

/* Times are the host's, as are those below. */
static bool driver_lost(const struct part *part, gint64 from, gint64 to)
{
	return trace_lost_between(part->driver_gaps, from, to);
}

static bool device_lost_between(const struct part *part, gint64 from, gint64 to)
{
	return trace_lost_between(part->join->device_gaps, from, to);
}

static gint64 gap_to_host(const struct trace_join *join, gint64 guest)
{
	if (guest == G_MININT64 || guest == G_MAXINT64)
		return guest;
	return clock_to_host(&join->line, guest);
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

static bool device_lost(const struct part *part)
{
	return part->join->device_gaps->len > 0;
}

static const struct driver_half *driver_at(const struct part *part, guint32 i)
{
	return i == TRACE_NONE ? NULL
			       : &g_array_index(part->link->driver->halves, struct driver_half, i);
}

static const struct device_half *device_at(const struct part *part, guint32 j)
{
	return j == TRACE_NONE ? NULL
			       : &g_array_index(part->link->device->halves, struct device_half, j);
}

static void G_GNUC_PRINTF(2, 3) contradict(struct part *part, const char *format, ...)
{
	g_autofree char *label = trace_queue_label(part->join->trace, part->queue->device,
						   part->queue->number);
	g_autofree char *text = NULL;
	va_list values;

	if (part->error)
		return;
	va_start(values, format);
	text = g_strdup_vprintf(format, values);
	va_end(values);
	g_set_error(&part->error, STATUS_ERROR, STATUS_NOT_CARRIED,
		    "%s: %s, though no event was lost: the trace would not be true", label, text);
}

static enum trace_fate collected_fate(struct part *part, const struct driver_half *driver,
				      const struct device_half *device)
{
	if (part->device->outside)
		return TRACE_DRIVER_ONLY;
	if (device && device->pushed != TRACE_NEVER && device->popped != TRACE_NEVER)
		return TRACE_COMPLETE;
	if (!device_lost(part) && part->driver_gaps->len == 0)
		contradict(part,
			   "the driver collected head %u, which the device was not seen to %s",
			   driver->head, device ? "give back" : "take");
	return TRACE_TOUCHED;
}

static enum trace_fate open_fate(const struct part *part, const struct driver_half *driver,
				 const struct device_half *device)
{
	if (device && device->end == DEVICE_DROPPED)
		return TRACE_DROPPED;
	if (device && device->end == DEVICE_RESET)
		return TRACE_WITHDRAWN;
	if (driver_lost(part, clock_to_host(&part->join->line, driver->added), G_MAXINT64) ||
	    (!device && device_lost(part)))
		return TRACE_TOUCHED;
	return TRACE_AT_END;
}

static enum trace_fate driver_fate(struct part *part, const struct driver_half *driver,
				   const struct device_half *device)
{
	switch (driver->end) {
	case DRIVER_REFUSED:
		return TRACE_REFUSED;
	case DRIVER_WITHDRAWN:
		return TRACE_WITHDRAWN;
	case DRIVER_VANISHED:
		if (part->driver_gaps->len == 0)
			contradict(part,
				   "the driver added head %u twice and was not seen to "
				   "collect it between",
				   driver->head);
		return TRACE_TOUCHED;
	case DRIVER_OPEN:
		return open_fate(part, driver, device);
	}
	if (driver->added != TRACE_NEVER)
		return collected_fate(part, driver, device);
	return part->driver_gaps->len > 0 &&
			       driver_lost(part, G_MININT64,
					   clock_to_host(&part->join->line, driver->collected))
		       ? TRACE_TOUCHED
		       : TRACE_AT_START;
}

/* One that only the device was seen to handle; false: outside of the trace. */
static bool device_fate(struct part *part, guint32 j, enum trace_fate *fate)
{
	const struct device_half *device = device_at(part, j);
	bool older = g_array_index(part->link->before, guint8, j);
	bool over = device->pushed != TRACE_NEVER && device->pushed < part->begin;

	if (device->popped > part->end - part->join->line.bound || (older && over))
		return false;
	*fate = TRACE_AT_START;
	if (part->driver_gaps->len > 0 || device_lost(part))
		*fate = TRACE_TOUCHED;
	else if (!older)
		contradict(part, "the device took head %u, which the driver was not seen to add",
			   device->head);
	return true;
}

static void fill_driver(const struct part *part, struct trace_buffer *buffer,
			const struct driver_half *driver)
{
	buffer->at[TRACE_ADDED] = from_guest(part, driver->added);
	buffer->at[TRACE_COLLECTED] = from_guest(part, driver->collected);
	buffer->head = driver->head;
	buffer->position = driver->position;
	buffer->slots = driver->slots;
	buffer->used = driver->used;
	buffer->add_cpu = driver->add_cpu;
	buffer->collect_cpu = driver->collect_cpu;
	if (driver->kick != TRACE_NONE)
		buffer->kick = part->queue->first_kick + driver->kick;
}

static void fill_device(const struct part *part, struct trace_buffer *buffer,
			const struct device_half *device)
{
	buffer->at[TRACE_POPPED] = from_host(part, device->popped);
	buffer->at[TRACE_FILLED] = from_host(part, device->filled);
	buffer->at[TRACE_PUSHED] = from_host(part, device->pushed);
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
static void follow_kick(const struct part *part, struct trace_buffer *buffer)
{
	const struct trace_kick *kick;

	if (buffer->kick == TRACE_NONE)
		return;
	kick = &g_array_index(part->kicks, struct trace_kick, buffer->kick);
	/* Another, that was lost, may have covered it before. */
	if (driver_lost(part, buffer->at[TRACE_ADDED] + part->begin,
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

static gint64 signal_time(const struct part *part, guint32 interrupt)
{
	guint32 signal = interrupt - part->queue->first_interrupt + part->first_signal;

	return g_array_index(part->link->device->signals, struct device_signal, signal).time;
}

static void follow_interrupt(const struct part *part, struct trace_buffer *buffer)
{
	const struct trace_interrupt *interrupt;
	gint64 collected = buffer->at[TRACE_COLLECTED];

	if (buffer->interrupt == TRACE_NONE)
		return;
	interrupt = &g_array_index(part->interrupts, struct trace_interrupt, buffer->interrupt);
	if (device_lost_between(part, buffer->at[TRACE_PUSHED] + part->begin,
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

static bool is_indirect(const struct driver_half *driver, const struct device_half *device)
{
	if (device && device->descriptors != TRACE_NONE)
		return device->indirect;
	/* Linux puts only chains of several descriptors into a table of their own. */
	return driver && device && driver->slots == 1 && device->chain > 1;
}

static void append_buffer(struct part *part, const struct driver_half *driver,
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
	if (device)
		fill_device(part, &buffer, device);
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
static guint32 append_device_only(struct part *part, guint32 j, gint64 until)
{
	enum trace_fate fate;

	for (; j < part->link->of_device->len; j++) {
		if (first_seen(device_at(part, j)) > until)
			break;
		if (g_array_index(part->link->of_device, guint32, j) == TRACE_NONE &&
		    device_fate(part, j, &fate))
			append_buffer(part, NULL, device_at(part, j), fate);
	}
	return j;
}

static void append_buffers(struct part *part)
{
	guint32 j = 0;

	part->queue->first_buffer = part->buffers->len;
	for (guint32 i = 0; i < part->link->of_driver->len; i++) {
		const struct driver_half *driver = driver_at(part, i);
		const struct device_half *device = device_at(
			part, g_array_index(part->link->of_driver, guint32, i));
		gint64 seen = driver->added != TRACE_NEVER ? driver->added : driver->collected;

		j = append_device_only(part, j, clock_to_host(&part->join->line, seen));
		if (driver->end == DRIVER_UNCLEAR)
			continue;
		append_buffer(part, driver, device, driver_fate(part, driver, device));
	}
	append_device_only(part, j, G_MAXINT64);
	part->queue->n_buffers = part->buffers->len - part->queue->first_buffer;
}

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

static void append_kicks(struct part *part)
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
			.asked = from_guest(part, from->asked),
			.sent = from_guest(part, from->sent),
			.noticed = TRACE_NEVER,
			.queue = part->index,
			.buffers = from->buffers,
		};
		guint32 unused;

		if (kick.sent != TRACE_NEVER && device)
			kick.noticed = from_host(
				part,
				first_from(device->notices, kick.sent + part->begin, &unused));
		if (kick.noticed != TRACE_NEVER &&
		    device_lost_between(part, kick.sent + part->begin, kick.noticed + part->begin))
			kick.noticed = TRACE_NEVER;
		g_array_append_val(part->kicks, kick);
	}
}

static GArray *interrupt_times(const struct part *part)
{
	const struct driver_queue *driver = part->link->driver;
	guint32 n = driver ? driver->interrupts->len : 0;
	GArray *times = g_array_sized_new(FALSE, FALSE, sizeof(gint64), n);

	for (guint32 i = 0; i < n; i++) {
		gint64 time = clock_to_host(
			&part->join->line,
			g_array_index(driver->interrupts, struct driver_interrupt, i).time);

		g_array_append_val(times, time);
	}
	return times;
}

/* The device was watched for longer than the driver. */
static void bound_signals(struct part *part, guint32 *first, guint32 *end)
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
static void append_interrupt(struct part *part, const struct device_signal *signal,
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
		interrupt.raised = from_host(part, signal->time);
		interrupt.taken = from_host(part, first_from(taken, signal->time, &index));
	}
	if (interrupt.taken != TRACE_NEVER &&
	    driver_lost(part, signal->time, interrupt.taken + part->begin))
		interrupt.taken = TRACE_NEVER;
	if (interrupt.taken != TRACE_NEVER)
		interrupt.cpu =
			g_array_index(driver->interrupts, struct driver_interrupt, index).cpu;
	g_array_append_val(part->interrupts, interrupt);
}

static void append_interrupts(struct part *part)
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

static bool is_asked_for(const struct trace_join *join, guint32 device, guint32 number)
{
	const struct trace_link *link = &join->links[device][number];

	if (device == join->agent || (!link->driver && !link->device))
		return false;
	return join->wanted[device] &&
	       (join->only_queue == TRACE_NONE || join->only_queue == number);
}

static void fill_queue(struct part *part, guint32 device, guint32 number)
{
	const struct trace_link *link = part->link;

	*part->queue = (struct trace_queue){
		.device = device,
		.number = number,
		.vector = link->device ? link->device->vector : G_MAXUINT16,
		.size = link->driver ? link->driver->size : 0,
		.packed = link->driver && link->driver->packed,
	};
	if (link->driver && part->end > part->begin && part->driver_gaps->len == 0) {
		part->queue->stats.in_flight_max = link->driver->in_flight_max;
		part->queue->stats.in_flight_mean = link->driver->in_flight_time /
						    (part->end - part->begin);
	}
}

static void append_queue(struct part *part, GArray *queues, guint32 device, guint32 number)
{
	struct trace_queue queue;

	part->link = &part->join->links[device][number];
	part->device = &part->join->trace->devices[device];
	part->queue = &queue;
	part->index = queues->len;
	fill_queue(part, device, number);
	append_kicks(part);
	append_interrupts(part);
	append_buffers(part);
	if (queue.n_buffers || queue.n_kicks || queue.n_interrupts)
		g_array_append_val(queues, queue);
}

/* The ends of an array are the trace's from now on. */
static void *give(GArray *array, guint32 *n)
{
	*n = array->len;
	return g_array_free(array, FALSE);
}

static void append_all(struct part *part, GArray *queues)
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
	struct part part = {
		.join = join,
		.buffers = g_array_new(FALSE, FALSE, sizeof(struct trace_buffer)),
		.kicks = g_array_new(FALSE, FALSE, sizeof(struct trace_kick)),
		.interrupts = g_array_new(FALSE, FALSE, sizeof(struct trace_interrupt)),
		.driver_gaps = gaps_to_host(join),
		.begin = clock_to_host(&join->line, join->driver_begin),
		.end = clock_to_host(&join->line, join->driver_end),
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
