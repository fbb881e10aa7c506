/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One life of a queue in both sides' halves: what the files that link them share. */
#ifndef KC_TRACE_LINK_LIFE_H
#define KC_TRACE_LINK_LIFE_H

#include "trace-link.h"

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

static inline struct driver_half *life_driver(const struct link_life *life, guint32 i)
{
	return &g_array_index(life->link->driver->halves, struct driver_half, i);
}

static inline struct device_half *life_device(const struct link_life *life, guint32 j)
{
	return &g_array_index(life->link->device->halves, struct device_half, j);
}

static inline gint64 life_host_time(const struct link_life *life, gint64 guest)
{
	return clock_to_host(life->terms->clock, guest);
}

static inline void life_tie(struct link_life *life, guint32 i, guint32 j)
{
	g_array_index(life->link->of_driver, guint32, i) = j;
	g_array_index(life->link->of_device, guint32, j) = i;
}

static inline bool half_was_added(const struct driver_half *half)
{
	return half->added != TRACE_NEVER && half->end != DRIVER_REFUSED && !half->doubtful;
}

/* Finds the place of each half in the ring; LINK_NOWHERE: it has none. */
void life_place(struct link_life *life);

/* Takes back what the halves say that a loss makes doubtful. */
void life_doubt_collections(struct link_life *life);
void life_doubt_pushes(struct link_life *life);

/* Ties those that have no place of their own. */
void life_tie_rest(struct link_life *life);

#endif
