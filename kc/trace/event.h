/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each side of a queue was seen to do, as the two decoders give it and
 * the join takes it: on either side in order of time. Times are nanoseconds of
 * that side's own clock; devices are indices into trace.devices.
 */
#ifndef KC_TRACE_EVENT_H
#define KC_TRACE_EVENT_H

#include <glib.h>
#include <stdbool.h>

enum driver_kind {
	DRIVER_ADD, /* about to add: head, position, used, free, size */
	DRIVER_KICK, /* asks whether to kick: free */
	DRIVER_NOTIFY, /* kicks */
	DRIVER_INTERRUPT, /* the handler of the queue is entered */
	DRIVER_COLLECT, /* takes head back: head, used, free from before */
	DRIVER_UNUSED, /* asks for one that the device has not used: the next collect is that */
	DRIVER_GET, /* asks for one: used, free; in order also head, which is next */
	DRIVER_GOT, /* was answered: head, used as it is now; it may be told of twice, or of none */
	DRIVER_WITHDRAW, /* got one that the device has not used: head */
	DRIVER_RESET_QUEUE,
	DRIVER_DELETE_QUEUE,
	DRIVER_STATUS /* writes value to the device's status; no queue */
};

struct driver_event {
	gint64 time;
	guint32 device;
	guint32 pid;
	guint16 queue;
	guint16 head;
	guint16 position; /* as in struct trace_buffer */
	guint16 used; /* the same for the used side */
	guint16 free; /* descriptors that the driver has left */
	guint16 size; /* of the ring */
	guint8 kind;
	guint8 cpu;
	guint8 value; /* status; of a kick, 1: whoever calls this may be seen to ask again */
	bool packed, in_order;
};

enum device_kind {
	DEVICE_DESCRIPTOR, /* one of the chain that is popped next */
	DEVICE_POP,
	DEVICE_FILL, /* head, written */
	DEVICE_FLUSH, /* shows count filled ones to the driver */
	DEVICE_DETACH, /* forgets head */
	DEVICE_REWIND, /* puts the count popped last back into the ring */
	DEVICE_NOTICED,
	DEVICE_RAISED, /* vector */
	DEVICE_SUPPRESSED,
	DEVICE_RESET_QUEUE,
	DEVICE_STATUS, /* value is written to its status; no queue */
	DEVICE_BROKEN, /* it found the driver to be in error; no queue */
	DEVICE_LOST /* events up to time were, between those that follow; neither device nor queue */
};

struct device_event {
	gint64 time;
	guint64 out_bytes, in_bytes; /* or, of a descriptor, in_bytes is its address */
	guint32 device;
	guint32 written; /* or, of a descriptor, its length */
	guint32 count;
	guint16 queue;
	guint16 head; /* or, of a descriptor, what is in its last field: next, or id */
	guint16 position;
	guint16 chain, out_num, in_num;
	guint16 value; /* vector, status, or flags of a descriptor */
	guint8 kind;
};

/* Within it events were lost, on the clock of the side that lost them. */
struct trace_gap {
	gint64 from, to;
};

/* Whether one of @gaps (of struct trace_gap) lies between, in part at least. */
bool trace_lost_between(const GArray *gaps, gint64 from, gint64 to);

#endif
