/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many buffers are in flight over time. It is exact where nothing was lost
 * and no buffer withdrawn: when that was, its record does not tell.
 */
#ifndef KC_TRACE_JOIN_FLIGHT_H
#define KC_TRACE_JOIN_FLIGHT_H

#include "trace/trace.h"

struct trace_flight {
	gint64 *begins, *ends; /* each in order of time */
	guint32 n, n_ends, begun, ended;
};

/* Of @n buffers, as of a queue or of all; those that the ring refused were never in flight. */
void trace_flight_init(struct trace_flight *flight, const struct trace_buffer *buffers, guint32 n);
void trace_flight_clear(struct trace_flight *flight);

/* The next time at which their number changes, and what it is from then on. */
bool trace_flight_next(struct trace_flight *flight, gint64 *time, guint32 *count);

/* When a buffer was in flight, as far as it is known; to its end or G_MAXINT64. */
gint64 trace_flight_begin(const struct trace_buffer *buffer);
gint64 trace_flight_end(const struct trace_buffer *buffer);

#endif
