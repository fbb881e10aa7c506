/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The driver's kicks, and which buffers each covers. */
#include "trace/join/internal.h"

/* Buffers added since the last kick wait for this one. */
static void cover(struct driver_queue *queue, guint32 kick)
{
	guint32 first = queue->unkicked;
	guint32 covered = 0;

	for (guint32 i = first; i < queue->halves->len; i++) {
		struct driver_half *half = &g_array_index(queue->halves, struct driver_half, i);

		if (half->added == TRACE_NEVER || half->end == DRIVER_REFUSED)
			continue;
		half->kick = kick;
		covered++;
	}
	queue->unkicked = queue->halves->len;
	g_array_index(queue->kicks, struct driver_kick, kick).buffers = covered;
}

static guint32 add_kick(struct driver_queue *queue, const struct driver_event *event)
{
	struct driver_kick kick = {
		.asked = TRACE_NEVER,
		.sent = TRACE_NEVER,
		.pid = event->pid,
		.may_repeat = event->kind == DRIVER_KICK && event->value,
	};

	g_array_append_val(queue->kicks, kick);
	return queue->kicks->len - 1;
}

/* virtqueue_kick() calls virtqueue_kick_prepare(), unless the compiler has merged them. */
static bool repeats_kick(struct driver_queue *queue, const struct driver_event *event)
{
	struct driver_kick *last;
	bool repeats;

	if (queue->kicks->len == 0)
		return false;
	last = &g_array_index(queue->kicks, struct driver_kick, queue->kicks->len - 1);
	repeats = last->may_repeat && !event->value && last->pid == event->pid &&
		  last->sent == TRACE_NEVER && queue->unkicked == queue->halves->len;
	last->may_repeat = false;
	return repeats;
}

void driver_kick_take(struct driver_queue *queue, const struct driver_event *event)
{
	guint32 kick;

	if (repeats_kick(queue, event))
		return;
	kick = add_kick(queue, event);
	g_array_index(queue->kicks, struct driver_kick, kick).asked = event->time;
	cover(queue, kick);
}

/* Who asks and is told to kick then does so itself; others may ask in between. */
void driver_kick_notify(struct driver_queue *queue, const struct driver_event *event)
{
	guint32 oldest = queue->kicks->len > 64 ? queue->kicks->len - 64 : 0;
	struct driver_kick *kick;
	guint32 index;

	for (guint32 i = queue->kicks->len; i > oldest; i--) {
		kick = &g_array_index(queue->kicks, struct driver_kick, i - 1);
		if (kick->pid != event->pid)
			continue;
		if (kick->sent != TRACE_NEVER)
			break;
		kick->sent = event->time;
		return;
	}
	index = add_kick(queue, event);
	g_array_index(queue->kicks, struct driver_kick, index).sent = event->time;
}
