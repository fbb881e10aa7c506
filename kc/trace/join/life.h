/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A reset begins a new life of a device, in which its rings begin anew. Each
 * side counts them from the writes to the status register, and both arrive at
 * the same numbers: resets between which no driver came to DRIVER_OK count as
 * one, as the device may see more of them than the driver makes.
 */
#ifndef KC_TRACE_JOIN_LIFE_H
#define KC_TRACE_JOIN_LIFE_H

#include <glib.h>
#include <stdbool.h>

#define TRACE_STATUS_DRIVER_OK 4

struct trace_life {
	guint32 resets;
	bool lived; /* since the last reset */
};

/* One that may be running already. */
static inline void trace_life_init(struct trace_life *life)
{
	life->resets = 0;
	life->lived = true;
}

/* Returns whether a new life begins. */
static inline bool trace_life_status(struct trace_life *life, guint8 status)
{
	bool ends = status == 0 && life->lived;

	if (status & TRACE_STATUS_DRIVER_OK)
		life->lived = true;
	if (ends) {
		life->lived = false;
		life->resets++;
	}
	return ends;
}

/* Room is left for the resets of single queues. */
static inline guint32 trace_life_number(const struct trace_life *life)
{
	return life->resets << 12;
}

#endif
