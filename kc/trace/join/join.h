/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Both sides of a trace made one: halves linked, clocks aligned, every buffer
 * accounted for.
 */
#ifndef KC_TRACE_JOIN_JOIN_H
#define KC_TRACE_JOIN_JOIN_H

#include "trace/join/device-side.h"
#include "trace/join/driver-side.h"
#include "trace/join/link.h"

struct trace_join {
	struct trace *trace; /* devices are filled in; the rest is to be */
	struct driver_side *driver; /* finished */
	struct device_side *device;
	gint64 driver_begin, driver_end; /* while the driver's side was watched; its clock */
	GArray *driver_gaps, *device_gaps; /* of struct trace_gap, in order of time */
	GArray *descriptors; /* of struct trace_descriptor; is taken */
	guint32 agent; /* the device over which kc speaks with its guest; is left out */
	bool *wanted; /* by device: to be shown; the caller's */
	guint32 only_queue; /* TRACE_NONE: all */

	struct trace_link **links; /* by device, then queue */
	struct guest_clock clock;
};

/*
 * Fills @join->trace. Fails where the order of events contradicts itself: then
 * nothing that could be shown would be true.
 */
bool trace_join(struct trace_join *join, GError **error);

/* The second half of it: everything but the clock and the links is there. */
bool trace_assemble(struct trace_join *join, GError **error);

#endif
