/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The driver's half of each buffer, from the driver's events alone: a head is
 * its buffer's from the add to the collection.
 */
#ifndef KC_TRACE_JOIN_DRIVER_SIDE_H
#define KC_TRACE_JOIN_DRIVER_SIDE_H

#include "trace/event.h"
#include "trace/trace.h"

/* UNCLEAR: it is one of several that the device gave back, and each of those is told of. */
enum driver_end {
	DRIVER_OPEN,
	DRIVER_COLLECTED,
	DRIVER_REFUSED,
	DRIVER_WITHDRAWN,
	DRIVER_VANISHED,
	DRIVER_UNCLEAR
};

struct driver_half {
	gint64 added, collected; /* or TRACE_NEVER */
	guint32 kick; /* index into the queue's kicks, or TRACE_NONE */
	guint32 life; /* of the device and queue: resets so far */
	guint16 head, position, slots, used;
	guint8 add_cpu, collect_cpu;
	guint8 end; /* enum driver_end */
	bool doubtful; /* events are missing by which one knew whether it was refused */
};

struct driver_kick {
	gint64 asked, sent; /* or TRACE_NEVER */
	guint32 pid;
	guint32 buffers;
	bool may_repeat; /* the same one may be seen once more, further in */
};

struct driver_interrupt {
	gint64 time;
	guint8 cpu;
};

struct driver_queue {
	GArray *halves; /* of struct driver_half, by the first event of each */
	GArray *kicks; /* of struct driver_kick */
	GArray *interrupts; /* of struct driver_interrupt */
	guint16 size;
	bool packed;
	guint32 in_flight_max; /* added and not collected, of those that were seen */
	double in_flight_time; /* summed over them, in buffers times nanoseconds */

	GArray *open; /* by head: index of its half + 1; or 0 */
	guint32 undecided; /* index + 1 of an add that may have been refused */
	guint16 undecided_free;
	guint32 unkicked; /* first half that no kick covers */
	guint32 unused_pid; /* who asked for an unused buffer; or 0 */
	bool asked; /* for a used one, and was not answered yet */
	guint16 asked_head, asked_used; /* as they were then; the head only in order */
	guint32 life;
	gint32 level, level_max;
	guint32 seen_at_start;
	bool began_empty; /* when its first add was seen nothing was in it */
};

struct driver_side;

/* @gaps, of struct trace_gap, tells where events were lost; it is kept by the caller. */
struct driver_side *driver_side_new(guint32 n_devices, const GArray *gaps);
void driver_side_free(struct driver_side *side);

void driver_side_take(struct driver_side *side, const struct driver_event *event);

/* What is watched begins at @time; before it there may be events of other devices. */
void driver_side_begin(struct driver_side *side, gint64 time);

/* After the last event, at @end on the driver's clock. */
void driver_side_finish(struct driver_side *side, gint64 end);

/* Number of queues of @device that may have been seen, and one of them; NULL: nothing happened. */
guint32 driver_side_queues(const struct driver_side *side, guint32 device);
struct driver_queue *driver_side_queue(const struct driver_side *side, guint32 device,
				       guint32 number);

#endif
