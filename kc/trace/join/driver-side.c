/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace/join/internal.h"
#include "trace/join/life.h"

struct driver_device {
	struct trace_life life;
	GPtrArray *queues;
};

struct driver_side {
	struct driver_device *devices;
	guint32 n_devices;
	const GArray *gaps;
	gint64 begin, end;
};

static void free_queue(void *data)
{
	struct driver_queue *queue = data;

	if (!queue)
		return;
	g_array_unref(queue->halves);
	g_array_unref(queue->kicks);
	g_array_unref(queue->interrupts);
	g_array_unref(queue->open);
	g_free(queue);
}

struct driver_side *driver_side_new(guint32 n_devices, const GArray *gaps)
{
	struct driver_side *side = g_new0(struct driver_side, 1);

	side->devices = g_new0(struct driver_device, n_devices);
	side->n_devices = n_devices;
	side->gaps = gaps;
	for (guint32 i = 0; i < n_devices; i++) {
		side->devices[i].queues = g_ptr_array_new_with_free_func(free_queue);
		trace_life_init(&side->devices[i].life);
	}
	return side;
}

void driver_side_free(struct driver_side *side)
{
	for (guint32 i = 0; side && i < side->n_devices; i++)
		g_ptr_array_unref(side->devices[i].queues);
	if (side)
		g_free(side->devices);
	g_free(side);
}

static struct driver_queue *new_queue(void)
{
	struct driver_queue *queue = g_new0(struct driver_queue, 1);

	queue->halves = g_array_new(FALSE, FALSE, sizeof(struct driver_half));
	queue->kicks = g_array_new(FALSE, FALSE, sizeof(struct driver_kick));
	queue->interrupts = g_array_new(FALSE, FALSE, sizeof(struct driver_interrupt));
	queue->open = g_array_new(FALSE, TRUE, sizeof(guint32));
	return queue;
}

static struct driver_queue *find_queue(struct driver_device *device, guint32 number)
{
	if (number >= device->queues->len)
		g_ptr_array_set_size(device->queues, number + 1);
	if (!device->queues->pdata[number])
		device->queues->pdata[number] = new_queue();
	return device->queues->pdata[number];
}

static struct driver_half *half_at(struct driver_queue *queue, guint32 index)
{
	return &g_array_index(queue->halves, struct driver_half, index);
}

static guint32 *open_slot(struct driver_queue *queue, guint16 head)
{
	if (head >= queue->open->len)
		g_array_set_size(queue->open, head + 1);
	return &g_array_index(queue->open, guint32, head);
}

/* From @since on, one more (or less) is in flight. */
static void change_level(struct driver_side *side, struct driver_queue *queue, gint64 since,
			 int change)
{
	queue->level += change;
	queue->level_max = MAX(queue->level_max, queue->level);
	/* Counted to the end, and taken back when it leaves. */
	queue->in_flight_time -= change * (double)(since - side->begin);
}

static void refuse(struct driver_queue *queue, struct driver_half *half)
{
	half->end = DRIVER_REFUSED;
	if (half->kick != TRACE_NONE)
		g_array_index(queue->kicks, struct driver_kick, half->kick).buffers--;
	*open_slot(queue, half->head) = 0;
}

/*
 * What an add took from the free descriptors shows at the queue's next event:
 * nothing, if it was refused.
 */
static void decide_add(struct driver_side *side, struct driver_queue *queue,
		       const struct driver_event *next)
{
	struct driver_half *half;
	bool known;

	if (!queue->undecided)
		return;
	half = half_at(queue, queue->undecided - 1);
	queue->undecided = 0;
	known = !trace_lost_between(side->gaps, half->added, next->time);
	if (known)
		half->slots = queue->undecided_free - next->free;
	if (known && !half->slots) {
		refuse(queue, half);
		return;
	}
	/* The same place once more: either this was refused, or much went on unseen. */
	half->doubtful = !known && next->kind == DRIVER_ADD && next->head == half->head &&
			 next->position == half->position;
	change_level(side, queue, half->added, 1);
}

static void end_half(struct driver_side *side, struct driver_queue *queue, guint32 index,
		     enum driver_end end, gint64 time)
{
	half_at(queue, index)->end = end;
	change_level(side, queue, time, -1);
}

static guint32 start_half(struct driver_queue *queue, const struct driver_event *event)
{
	struct driver_half half = {
		.added = TRACE_NEVER,
		.collected = TRACE_NEVER,
		.kick = TRACE_NONE,
		.life = queue->life,
		.head = event->head,
	};

	g_array_append_val(queue->halves, half);
	return queue->halves->len - 1;
}

static void take_add(struct driver_side *side, struct driver_queue *queue,
		     const struct driver_event *event)
{
	guint32 *open;
	struct driver_half *half;
	guint32 index;

	decide_add(side, queue, event);
	if (queue->halves->len == 0)
		queue->began_empty = event->free == event->size;
	queue->size = event->size;
	queue->packed = event->packed;
	open = open_slot(queue, event->head);
	/* Its collection was not seen. */
	if (*open)
		end_half(side, queue, *open - 1, DRIVER_VANISHED, event->time);
	index = start_half(queue, event);
	half = half_at(queue, index);
	half->added = event->time;
	half->position = event->position;
	half->add_cpu = event->cpu;
	*open = index + 1;
	queue->undecided = index + 1;
	queue->undecided_free = event->free;
}

static bool takes_unused(struct driver_queue *queue, const struct driver_event *event)
{
	bool unused = queue->unused_pid && queue->unused_pid == event->pid + 1;

	queue->unused_pid = 0;
	return unused;
}

/* At @event a buffer leaves. */
static void collect(struct driver_side *side, struct driver_queue *queue,
		    const struct driver_event *event, guint16 head, guint16 used, bool unused)
{
	guint32 *open = open_slot(queue, head);
	struct driver_half *half;

	if (!*open) {
		*open = start_half(queue, event) + 1;
		half_at(queue, *open - 1)->head = head;
		queue->seen_at_start++;
	}
	half = half_at(queue, *open - 1);
	end_half(side, queue, *open - 1, unused ? DRIVER_WITHDRAWN : DRIVER_COLLECTED, event->time);
	*open = 0;
	half->collect_cpu = event->cpu;
	if (unused)
		return;
	half->collected = event->time;
	half->used = used;
}

static void take_collect(struct driver_side *side, struct driver_queue *queue,
			 const struct driver_event *event)
{
	bool unused = takes_unused(queue, event);

	decide_add(side, queue, event);
	collect(side, queue, event, event->head, event->used, unused);
}

static void take_get(struct driver_side *side, struct driver_queue *queue,
		     const struct driver_event *event)
{
	decide_add(side, queue, event);
	queue->asked = true;
	queue->asked_head = event->head;
	queue->asked_used = event->used;
}

/* One function that gets buffers may call another: the first return is the inner one's. */
static void take_got(struct driver_side *side, struct driver_queue *queue,
		     const struct driver_event *event)
{
	bool asked = queue->asked;

	queue->asked = false;
	if (asked && event->used != queue->asked_used)
		collect(side, queue, event, event->in_order ? queue->asked_head : event->head,
			queue->asked_used, false);
}

/* In order none is last in the free list, but the lowest head that is taken is what is given. */
static void take_withdrawal(struct driver_side *side, struct driver_queue *queue,
			    const struct driver_event *event)
{
	guint16 head = event->head;

	queue->asked = false;
	for (guint32 i = 0; event->in_order && i < queue->open->len; i++) {
		if (!g_array_index(queue->open, guint32, i))
			continue;
		head = i;
		break;
	}
	collect(side, queue, event, head, 0, true);
}

static void take_kick(struct driver_side *side, struct driver_queue *queue,
		      const struct driver_event *event)
{
	decide_add(side, queue, event);
	driver_kick_take(queue, event);
}

static void take_interrupt(struct driver_queue *queue, const struct driver_event *event)
{
	struct driver_interrupt interrupt = {event->time, event->cpu};

	g_array_append_val(queue->interrupts, interrupt);
}

/* The ring is gone, and what was in it. */
static void take_deletion(struct driver_side *side, struct driver_queue *queue,
			  const struct driver_event *event)
{
	decide_add(side, queue, event);
	for (guint32 head = 0; head < queue->open->len; head++) {
		guint32 *open = &g_array_index(queue->open, guint32, head);

		if (*open)
			end_half(side, queue, *open - 1, DRIVER_WITHDRAWN, event->time);
		*open = 0;
	}
}

static void take_status(struct driver_device *device, guint8 status)
{
	if (!trace_life_status(&device->life, status))
		return;
	for (guint32 i = 0; i < device->queues->len; i++)
		if (device->queues->pdata[i])
			((struct driver_queue *)device->queues->pdata[i])->life = trace_life_number(
				&device->life);
}

static void take_on_queue(struct driver_side *side, struct driver_device *device,
			  const struct driver_event *event)
{
	bool is_new = event->queue >= device->queues->len || !device->queues->pdata[event->queue];
	struct driver_queue *queue = find_queue(device, event->queue);

	if (is_new)
		queue->life = trace_life_number(&device->life);
	switch (event->kind) {
	case DRIVER_ADD:
		take_add(side, queue, event);
		break;
	case DRIVER_KICK:
		take_kick(side, queue, event);
		break;
	case DRIVER_NOTIFY:
		driver_kick_notify(queue, event);
		break;
	case DRIVER_INTERRUPT:
		take_interrupt(queue, event);
		break;
	case DRIVER_COLLECT:
		take_collect(side, queue, event);
		break;
	case DRIVER_GET:
		take_get(side, queue, event);
		break;
	case DRIVER_GOT:
		take_got(side, queue, event);
		break;
	case DRIVER_WITHDRAW:
		take_withdrawal(side, queue, event);
		break;
	case DRIVER_UNUSED:
		queue->unused_pid = event->pid + 1;
		break;
	case DRIVER_RESET_QUEUE:
		queue->life++;
		break;
	case DRIVER_DELETE_QUEUE:
		take_deletion(side, queue, event);
		break;
	}
}

void driver_side_begin(struct driver_side *side, gint64 time)
{
	side->begin = time;
}

void driver_side_take(struct driver_side *side, const struct driver_event *event)
{
	side->end = event->time;
	if (event->device >= side->n_devices)
		return;
	if (event->kind == DRIVER_STATUS)
		take_status(&side->devices[event->device], event->value);
	else
		take_on_queue(side, &side->devices[event->device], event);
}

static void finish_queue(struct driver_side *side, struct driver_queue *queue)
{
	double duration = side->end - side->begin;

	/* The last add was not followed by anything: what the device saw will tell. */
	if (queue->undecided)
		change_level(side, queue, half_at(queue, queue->undecided - 1)->added, 1);
	queue->in_flight_max = queue->level_max + queue->seen_at_start;
	queue->in_flight_time += (queue->level + queue->seen_at_start) * duration;
}

void driver_side_finish(struct driver_side *side, gint64 end)
{
	side->end = MAX(side->end, end);
	for (guint32 i = 0; i < side->n_devices; i++)
		for (guint32 j = 0; j < side->devices[i].queues->len; j++)
			if (side->devices[i].queues->pdata[j])
				finish_queue(side, side->devices[i].queues->pdata[j]);
}

guint32 driver_side_queues(const struct driver_side *side, guint32 device)
{
	return side->devices[device].queues->len;
}

struct driver_queue *driver_side_queue(const struct driver_side *side, guint32 device,
				       guint32 number)
{
	GPtrArray *queues = side->devices[device].queues;

	return number < queues->len ? queues->pdata[number] : NULL;
}
