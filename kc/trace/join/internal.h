/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this room share: of a clock, of a queue being linked, of one being assembled. */
#ifndef KC_TRACE_JOIN_INTERNAL_H
#define KC_TRACE_JOIN_INTERNAL_H

#include "trace/join/clock-line.h"
#include "trace/join/join.h"

/*
 * The two ways to fit a clock. x: guest time since the origin; y: host's minus
 * that.
 */
struct clock_pair {
	double x, y;
	guint64 tag;
	bool guest_first;
};

struct clock_pairs {
	struct clock_band band;
	GArray *kept; /* of struct clock_pair; or NULL: they are in the band */
	gint64 origin, base;
	guint64 count, guest_first;
};

struct clock_piece {
	double from; /* x; the first holds before it, too */
	struct clock_line line;
	gint64 floor; /* host time that the one before came to: this is never before it */
};

void guest_clock_init(struct guest_clock *clock, const struct clock_pairs *pairs);
void guest_clock_append(struct guest_clock *clock, const struct clock_piece *piece, double error);

/* The driver asks whether to kick, and kicks. */
void driver_kick_take(struct driver_queue *queue, const struct driver_event *event);
void driver_kick_notify(struct driver_queue *queue, const struct driver_event *event);

/* A descriptor of the chain that is popped next; then the chain, which is kept if it is whole. */
void device_chain_add(struct device_queue *queue, const struct device_event *event);
void device_chain_end(struct device_queue *queue, struct device_half *half, GArray *descriptors);

/* One life of a queue in both sides' halves. */
#define LINK_NOWHERE G_MAXUINT64
#define LINK_HEADS 65536

struct link_life {
	struct trace_link *link;
	const struct link_terms *terms;
	guint32 first_driver, end_driver;
	guint32 first_device, end_device;
	guint32 laps; /* positions repeat after so many */
	guint64 *driver_places, *device_places; /* by half: the position, never repeating */
	bool fresh; /* its beginning was seen */
};

static inline struct driver_half *link_driver(const struct link_life *life, guint32 i)
{
	return &g_array_index(life->link->driver->halves, struct driver_half, i);
}

static inline struct device_half *link_device(const struct link_life *life, guint32 j)
{
	return &g_array_index(life->link->device->halves, struct device_half, j);
}

static inline gint64 link_host_time(const struct link_life *life, gint64 guest)
{
	return clock_to_host(life->terms->clock, guest);
}

static inline void link_tie(struct link_life *life, guint32 i, guint32 j)
{
	g_array_index(life->link->of_driver, guint32, i) = j;
	g_array_index(life->link->of_device, guint32, j) = i;
}

static inline bool half_was_added(const struct driver_half *half)
{
	return half->added != TRACE_NEVER && half->end != DRIVER_REFUSED && !half->doubtful;
}

/* Finds the place of each half in the ring; LINK_NOWHERE: it has none. */
void link_place(struct link_life *life);

/* Takes back what the halves say that a loss makes doubtful. */
void link_doubt_collections(struct link_life *life);
void link_doubt_pushes(struct link_life *life);

/* Ties those that have no place of their own. */
void link_tie_rest(struct link_life *life);

/* One queue on its way into a trace. */
struct trace_assembly {
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
static inline gint64 assembly_from_host(const struct trace_assembly *assembly, gint64 host)
{
	return host == TRACE_NEVER ? TRACE_NEVER : host - assembly->begin;
}

static inline gint64 assembly_from_guest(const struct trace_assembly *assembly, gint64 guest)
{
	if (guest == TRACE_NEVER)
		return TRACE_NEVER;
	return assembly_from_host(assembly, clock_to_host(&assembly->join->clock, guest));
}

/* Times are the host's. */
static inline bool assembly_driver_lost(const struct trace_assembly *assembly, gint64 from,
					gint64 to)
{
	return trace_lost_between(assembly->driver_gaps, from, to);
}

static inline bool assembly_device_lost(const struct trace_assembly *assembly, gint64 from,
					gint64 to)
{
	return trace_lost_between(assembly->join->device_gaps, from, to);
}

static inline const struct driver_half *assembly_driver(const struct trace_assembly *assembly,
							guint32 i)
{
	return i == TRACE_NONE
		       ? NULL
		       : &g_array_index(assembly->link->driver->halves, struct driver_half, i);
}

static inline const struct device_half *assembly_device(const struct trace_assembly *assembly,
							guint32 j)
{
	return j == TRACE_NONE
		       ? NULL
		       : &g_array_index(assembly->link->device->halves, struct device_half, j);
}

/* How a buffer ended that the driver was seen to handle; @device may be NULL. Sets assembly->error. */
enum trace_fate assembly_driver_fate(struct trace_assembly *assembly,
				     const struct driver_half *driver,
				     const struct device_half *device);

/* One that only the device was seen to handle; false: outside of the trace. */
bool assembly_device_fate(struct trace_assembly *assembly, guint32 j, enum trace_fate *fate);

/*
 * Says where each of a chain's @n descriptors lies, the table's own first if
 * there is one. @first: head, or slot of a packed ring with @ring of them; 0: split.
 */
void trace_place_chain(struct trace_descriptor *chain, guint32 n, guint16 first, guint16 ring);

/* The queue's kicks and interrupts; before its buffers, which point to them. */
void assembly_append_kicks(struct trace_assembly *assembly);
void assembly_append_interrupts(struct trace_assembly *assembly);

#endif
