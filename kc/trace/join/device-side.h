/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device's half of each buffer, from QEMU's events alone: a head is its
 * buffer's from the pop to the push.
 */
#ifndef KC_TRACE_JOIN_DEVICE_SIDE_H
#define KC_TRACE_JOIN_DEVICE_SIDE_H

#include "trace/event.h"
#include "trace/trace.h"

enum device_end { DEVICE_HELD, DEVICE_FILLED, DEVICE_PUSHED, DEVICE_DROPPED, DEVICE_RESET };

struct device_half {
	gint64 popped, filled, pushed; /* or TRACE_NEVER */
	guint64 out_bytes, in_bytes;
	guint32 written;
	guint32 signal; /* index into the queue's signals, or TRACE_NONE */
	guint32 descriptors; /* first, or TRACE_NONE */
	guint32 life;
	guint16 head, position;
	guint16 chain, out_num, in_num;
	guint8 end; /* enum device_end */
	bool indirect; /* known only with its descriptors */
	bool unasked; /* its head had been given back, and was not popped again */
};

/* The decision whether to interrupt, made after a push. */
struct device_signal {
	gint64 time;
	guint32 buffers; /* pushed since the one before */
	bool suppressed;
};

struct device_queue {
	GArray *halves; /* of struct device_half, by the first event of each */
	GArray *notices; /* of gint64: when a kick was there */
	GArray *signals; /* of struct device_signal */
	guint16 vector;

	GArray *open; /* by head: index of its half + 1; or 0 */
	GArray *gone; /* bool, by head: it was popped, and is the device's no more */
	GArray *filled; /* indices of those filled and not yet flushed, in order */
	GArray *chain; /* of struct trace_descriptor: of the next pop */
	GArray *pushes; /* indices in the order of pushing, not yet covered by a signal */
	guint32 life;
	guint32 losses; /* of which this queue's state has been cleared */
};

struct device_side;

/* Descriptors, where they are recorded, are appended to @descriptors. */
struct device_side *device_side_new(guint32 n_devices, GArray *descriptors);
void device_side_free(struct device_side *side);

void device_side_take(struct device_side *side, const struct device_event *event);

guint32 device_side_queues(const struct device_side *side, guint32 device);
struct device_queue *device_side_queue(const struct device_side *side, guint32 device,
				       guint32 number);

/* The device stopped, as its driver broke the rules. */
bool device_side_is_broken(const struct device_side *side, guint32 device);

#endif
