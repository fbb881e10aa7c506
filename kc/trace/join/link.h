/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which half on the one side and which on the other are one buffer: the n-th
 * that the driver made available is the n-th that the device takes. Both sides
 * say where in the ring that was, so that this holds after losses, too; that
 * they agree on the head is the proof.
 */
#ifndef KC_TRACE_JOIN_LINK_H
#define KC_TRACE_JOIN_LINK_H

#include "trace/join/clock.h"
#include "trace/join/device-side.h"
#include "trace/join/driver-side.h"

struct trace_link {
	struct driver_queue *driver; /* or NULL: that side did nothing */
	struct device_queue *device; /* or NULL */
	GArray *of_driver; /* guint32, by driver half: the device half, or TRACE_NONE */
	GArray *of_device; /* the other way round */
	GArray *before; /* bool, by device half: older than the driver's first add */
	guint32 contradicted; /* pairs whose heads differ, with losses */
};

/* What may be missing, and the clock as far as it is known. */
struct link_terms {
	const struct guest_clock *clock; /* NULL: not known yet */
	gint64 begin; /* of what the driver was watched for, on its clock */
	const GArray *driver_gaps, *device_gaps; /* of struct trace_gap */
	bool driver_lost, device_lost; /* there are such */
};

/*
 * Fails where the sides contradict each other though nothing was lost; @where
 * names the queue for the message. On success the caller clears @link.
 */
bool trace_link(struct trace_link *link, struct driver_queue *driver, struct device_queue *device,
		const struct link_terms *terms, const char *where, GError **error);
/*
 * With a clock as good as there will be: those that have no place of their own,
 * as they were added before the trace, or their add or pop was lost.
 */
void trace_link_rest(struct trace_link *link, const struct link_terms *terms);
void trace_link_clear(struct trace_link *link);

/* What the linked halves say of the clocks; @tag is put above the half's index. */
void trace_link_pairs(const struct trace_link *link, guint32 tag, struct clock_pairs *pairs);

#endif
