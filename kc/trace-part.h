/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One queue on its way into a trace: what the files that assemble it share. */
#ifndef KC_TRACE_PART_H
#define KC_TRACE_PART_H

#include "trace-join.h"

struct trace_part {
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
static inline gint64 part_from_host(const struct trace_part *part, gint64 host)
{
	return host == TRACE_NEVER ? TRACE_NEVER : host - part->begin;
}

static inline gint64 part_from_guest(const struct trace_part *part, gint64 guest)
{
	if (guest == TRACE_NEVER)
		return TRACE_NEVER;
	return part_from_host(part, clock_to_host(&part->join->clock, guest));
}

/* Times are the host's. */
static inline bool part_driver_lost(const struct trace_part *part, gint64 from, gint64 to)
{
	return trace_lost_between(part->driver_gaps, from, to);
}

static inline bool part_device_lost(const struct trace_part *part, gint64 from, gint64 to)
{
	return trace_lost_between(part->join->device_gaps, from, to);
}

static inline const struct driver_half *part_driver(const struct trace_part *part, guint32 i)
{
	return i == TRACE_NONE ? NULL
			       : &g_array_index(part->link->driver->halves, struct driver_half, i);
}

static inline const struct device_half *part_device(const struct trace_part *part, guint32 j)
{
	return j == TRACE_NONE ? NULL
			       : &g_array_index(part->link->device->halves, struct device_half, j);
}

/* How a buffer ended that the driver was seen to handle; @device may be NULL. Sets part->error. */
enum trace_fate part_driver_fate(struct trace_part *part, const struct driver_half *driver,
				 const struct device_half *device);

/* One that only the device was seen to handle; false: outside of the trace. */
bool part_device_fate(struct trace_part *part, guint32 j, enum trace_fate *fate);

/*
 * Says where each of a chain's @n descriptors lies, the table's own first if
 * there is one. @first: head, or slot of a packed ring with @ring of them; 0: split.
 */
void trace_place_chain(struct trace_descriptor *chain, guint32 n, guint16 first, guint16 ring);

/* The queue's kicks and interrupts; before its buffers, which point to them. */
void part_append_kicks(struct trace_part *part);
void part_append_interrupts(struct trace_part *part);

#endif
