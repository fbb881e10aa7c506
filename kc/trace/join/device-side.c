/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace/join/internal.h"
#include "trace/join/life.h"

struct device_device {
	struct trace_life life;
	GPtrArray *queues;
	bool broken;
};

struct device_side {
	struct device_device *devices;
	guint32 n_devices;
	GArray *descriptors;
	guint32 losses;
	gint64 lost_until;
};

static void free_queue(void *data)
{
	struct device_queue *queue = data;

	if (!queue)
		return;
	g_array_unref(queue->halves);
	g_array_unref(queue->notices);
	g_array_unref(queue->signals);
	g_array_unref(queue->open);
	g_array_unref(queue->gone);
	g_array_unref(queue->filled);
	g_array_unref(queue->chain);
	g_array_unref(queue->pushes);
	g_free(queue);
}

struct device_side *device_side_new(guint32 n_devices, GArray *descriptors)
{
	struct device_side *side = g_new0(struct device_side, 1);

	side->devices = g_new0(struct device_device, n_devices);
	side->n_devices = n_devices;
	side->descriptors = descriptors;
	for (guint32 i = 0; i < n_devices; i++) {
		side->devices[i].queues = g_ptr_array_new_with_free_func(free_queue);
		trace_life_init(&side->devices[i].life);
	}
	return side;
}

void device_side_free(struct device_side *side)
{
	for (guint32 i = 0; side && i < side->n_devices; i++)
		g_ptr_array_unref(side->devices[i].queues);
	if (side)
		g_free(side->devices);
	g_free(side);
}

static struct device_queue *new_queue(void)
{
	struct device_queue *queue = g_new0(struct device_queue, 1);

	queue->halves = g_array_new(FALSE, FALSE, sizeof(struct device_half));
	queue->notices = g_array_new(FALSE, FALSE, sizeof(gint64));
	queue->signals = g_array_new(FALSE, FALSE, sizeof(struct device_signal));
	queue->open = g_array_new(FALSE, TRUE, sizeof(guint32));
	queue->gone = g_array_new(FALSE, TRUE, sizeof(guint8));
	queue->filled = g_array_new(FALSE, FALSE, sizeof(guint32));
	queue->chain = g_array_new(FALSE, FALSE, sizeof(struct trace_descriptor));
	queue->pushes = g_array_new(FALSE, FALSE, sizeof(guint32));
	queue->vector = G_MAXUINT16;
	return queue;
}

static struct device_queue *find_queue(struct device_device *device, guint32 number)
{
	struct device_queue *queue;

	if (number >= device->queues->len)
		g_ptr_array_set_size(device->queues, number + 1);
	if (device->queues->pdata[number])
		return device->queues->pdata[number];
	queue = new_queue();
	queue->life = trace_life_number(&device->life);
	device->queues->pdata[number] = queue;
	return queue;
}

static struct device_half *half_at(struct device_queue *queue, guint32 index)
{
	return &g_array_index(queue->halves, struct device_half, index);
}

static guint32 *open_slot(struct device_queue *queue, guint16 head)
{
	if (head >= queue->open->len)
		g_array_set_size(queue->open, head + 1);
	return &g_array_index(queue->open, guint32, head);
}

static guint8 *gone_slot(struct device_queue *queue, guint16 head)
{
	if (head >= queue->gone->len)
		g_array_set_size(queue->gone, head + 1);
	return &g_array_index(queue->gone, guint8, head);
}

/* The device has it no more: @open is its slot. */
static void let_go(struct device_queue *queue, guint32 *open)
{
	const struct device_half *half = half_at(queue, *open - 1);

	if (half->popped != TRACE_NEVER)
		*gone_slot(queue, half->head) = true;
	*open = 0;
}

static guint32 start_half(struct device_queue *queue, const struct device_event *event)
{
	struct device_half half = {
		.popped = TRACE_NEVER,
		.filled = TRACE_NEVER,
		.pushed = TRACE_NEVER,
		.signal = TRACE_NONE,
		.descriptors = TRACE_NONE,
		.life = queue->life,
		.head = event->head,
	};

	g_array_append_val(queue->halves, half);
	return queue->halves->len - 1;
}

static void take_pop(struct device_side *side, struct device_queue *queue,
		     const struct device_event *event)
{
	guint32 index = start_half(queue, event);
	struct device_half *half = half_at(queue, index);

	half->popped = event->time;
	half->position = event->position;
	half->chain = event->chain;
	half->out_num = event->out_num;
	half->in_num = event->in_num;
	half->out_bytes = event->out_bytes;
	half->in_bytes = event->in_bytes;
	device_chain_end(queue, half, side->descriptors);
	*open_slot(queue, event->head) = index + 1;
}

static void take_fill(struct device_queue *queue, const struct device_event *event)
{
	guint32 *open = open_slot(queue, event->head);
	guint32 index = *open ? *open - 1 : start_half(queue, event);
	struct device_half *half = half_at(queue, index);

	*open = index + 1;
	half->filled = event->time;
	half->unasked = half->popped == TRACE_NEVER && *gone_slot(queue, event->head);
	half->written = event->written;
	half->end = DEVICE_FILLED;
	g_array_append_val(queue->filled, index);
}

static void push(struct device_queue *queue, guint32 index, gint64 time)
{
	struct device_half *half = half_at(queue, index);
	guint32 *open = open_slot(queue, half->head);

	half->pushed = time;
	half->end = DEVICE_PUSHED;
	if (*open)
		let_go(queue, open);
	g_array_append_val(queue->pushes, index);
}

static int compare_indices(const void *a, const void *b)
{
	guint32 left = *(const guint32 *)a, right = *(const guint32 *)b;

	return left < right ? -1 : left > right;
}

/*
 * As a rule all that were filled are shown. With VIRTIO_F_IN_ORDER those are
 * held back that were popped after one that is not filled yet.
 */
static void take_flush(struct device_queue *queue, const struct device_event *event)
{
	guint32 count = MIN(event->count, queue->filled->len);

	if (count < queue->filled->len)
		g_array_sort(queue->filled, compare_indices);
	for (guint32 i = 0; i < count; i++)
		push(queue, g_array_index(queue->filled, guint32, i), event->time);
	if (count)
		g_array_remove_range(queue->filled, 0, count);
}

static void forget_filled(struct device_queue *queue, guint32 index)
{
	for (guint32 i = 0; i < queue->filled->len; i++)
		if (g_array_index(queue->filled, guint32, i) == index) {
			g_array_remove_index(queue->filled, i);
			return;
		}
}

static void drop(struct device_queue *queue, guint32 *open, enum device_end end)
{
	if (!*open)
		return;
	forget_filled(queue, *open - 1);
	half_at(queue, *open - 1)->end = end;
	let_go(queue, open);
}

/* Back into the ring, as if never popped: what was recorded of the pop is void. */
static void take_rewind(struct device_queue *queue, const struct device_event *event)
{
	for (guint32 n = event->count; n > 0 && queue->halves->len > 0; n--) {
		struct device_half *half = half_at(queue, queue->halves->len - 1);

		if (half->end != DEVICE_HELD)
			break;
		*open_slot(queue, half->head) = 0;
		g_array_set_size(queue->halves, queue->halves->len - 1);
	}
}

static void take_signal(struct device_queue *queue, const struct device_event *event)
{
	struct device_signal signal = {
		.time = event->time,
		.buffers = queue->pushes->len,
		.suppressed = event->kind == DEVICE_SUPPRESSED,
	};

	for (guint32 i = 0; i < queue->pushes->len; i++)
		half_at(queue, g_array_index(queue->pushes, guint32, i))->signal =
			queue->signals->len;
	g_array_set_size(queue->pushes, 0);
	g_array_append_val(queue->signals, signal);
	if (!signal.suppressed)
		queue->vector = event->value;
}

static void reset_queue(struct device_queue *queue)
{
	for (guint32 head = 0; head < queue->open->len; head++)
		drop(queue, &g_array_index(queue->open, guint32, head), DEVICE_RESET);
	g_array_set_size(queue->gone, 0);
	g_array_set_size(queue->chain, 0);
	g_array_set_size(queue->pushes, 0);
}

static void reset_device(struct device_device *device, bool new_life)
{
	for (guint32 i = 0; i < device->queues->len; i++) {
		struct device_queue *queue = device->queues->pdata[i];

		if (!queue)
			continue;
		reset_queue(queue);
		if (new_life)
			queue->life = trace_life_number(&device->life);
	}
	device->broken = false;
}

static void take_status(struct device_device *device, guint8 status)
{
	bool new_life = trace_life_status(&device->life, status);

	if (status == 0)
		reset_device(device, new_life);
}

/* The pop in hand, if any, fails; it leaves no trace but its descriptors. */
static void take_broken(struct device_device *device)
{
	device->broken = true;
	for (guint32 i = 0; i < device->queues->len; i++)
		if (device->queues->pdata[i])
			g_array_set_size(((struct device_queue *)device->queues->pdata[i])->chain,
					 0);
}

/* What waits for an event that was lost waits for ever: behind a loss all begins anew. */
static void settle_loss(struct device_side *side, struct device_queue *queue, gint64 time)
{
	if (queue->losses == side->losses || time <= side->lost_until)
		return;
	queue->losses = side->losses;
	g_array_set_size(queue->gone, 0);
	g_array_set_size(queue->filled, 0);
	g_array_set_size(queue->pushes, 0);
	g_array_set_size(queue->chain, 0);
}

static void take_loss(struct device_side *side, gint64 time)
{
	side->losses++;
	side->lost_until = time;
}

static void take_on_queue(struct device_side *side, struct device_device *device,
			  const struct device_event *event)
{
	struct device_queue *queue = find_queue(device, event->queue);

	settle_loss(side, queue, event->time);
	switch (event->kind) {
	case DEVICE_DESCRIPTOR:
		device_chain_add(queue, event);
		break;
	case DEVICE_POP:
		take_pop(side, queue, event);
		break;
	case DEVICE_FILL:
		take_fill(queue, event);
		break;
	case DEVICE_FLUSH:
		take_flush(queue, event);
		break;
	case DEVICE_DETACH:
		drop(queue, open_slot(queue, event->head), DEVICE_DROPPED);
		break;
	case DEVICE_REWIND:
		take_rewind(queue, event);
		break;
	case DEVICE_NOTICED:
		g_array_append_val(queue->notices, event->time);
		break;
	case DEVICE_RAISED:
	case DEVICE_SUPPRESSED:
		take_signal(queue, event);
		break;
	case DEVICE_RESET_QUEUE:
		reset_queue(queue);
		queue->life++;
		break;
	}
}

void device_side_take(struct device_side *side, const struct device_event *event)
{
	struct device_device *device;

	if (event->kind == DEVICE_LOST)
		take_loss(side, event->time);
	if (event->kind == DEVICE_LOST || event->device >= side->n_devices)
		return;
	device = &side->devices[event->device];
	if (event->kind == DEVICE_STATUS)
		take_status(device, event->value);
	else if (event->kind == DEVICE_BROKEN)
		take_broken(device);
	else
		take_on_queue(side, device, event);
}

guint32 device_side_queues(const struct device_side *side, guint32 device)
{
	return side->devices[device].queues->len;
}

struct device_queue *device_side_queue(const struct device_side *side, guint32 device,
				       guint32 number)
{
	GPtrArray *queues = side->devices[device].queues;

	return number < queues->len ? queues->pdata[number] : NULL;
}

bool device_side_is_broken(const struct device_side *side, guint32 device)
{
	return side->devices[device].broken;
}
