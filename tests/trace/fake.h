/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A driver and a device that are made up, with every buffer's true story, and
 * the two streams of events by which a tracer would see them.
 */
#ifndef TRACE_FAKE_H
#define TRACE_FAKE_H

#include "trace/join/join.h"

#define FAKE_AGENT 0
#define FAKE_DEVICE 1
#define FAKE_SLEW 5000
#define FAKE_OFFSET G_GINT64_CONSTANT(7000000000000)

struct fake_story {
	gint64 added, popped, pushed, collected; /* host's clock; or TRACE_NEVER */
	guint16 head, position;
	bool refused;
};

struct fake {
	GRand *rand;
	bool packed;
	guint16 size;
	guint16 chain; /* descriptors a buffer, up to */
	bool indirect; /* takes one slot, however long its chain is */
	bool by_get; /* collections are seen by the calls around them */
	double drift; /* of the guest's clock against the host's */
	gint64 slewed,
		slew; /* from then on (host) it loses so many ns, one in FAKE_SLEW, and gains them */
	bool outside; /* vhost: of the device nothing is seen */
	GArray *driver, *device; /* the streams: driver_event, device_event */
	GArray *stories; /* of struct fake_story, by add */
	gint64 now; /* host's clock */

	GArray *next_free; /* guint16 by head */
	guint16 free_head, free;
	guint32 avail; /* slots made available; free-running */
	guint32 used;
	GQueue *available, *popped, *pushed; /* of stories' indices */
	GArray *slots; /* guint16, by story */
};

struct fake *fake_new(guint32 seed, bool packed, guint16 size, guint16 chain, bool indirect);
void fake_free(struct fake *fake);

/* Some action of either side, at random. */
void fake_step(struct fake *fake, bool may_add);

/* Takes back all that is under way. */
void fake_drain(struct fake *fake);

/* The driver's, with what it has free: it tells whether the last add was refused. */
void fake_kick(struct fake *fake);
void fake_add(struct fake *fake);
bool fake_pop(struct fake *fake);
bool fake_push(struct fake *fake);
bool fake_collect(struct fake *fake);

/* Resets the device under the driver's hand; what was in flight is lost. */
void fake_reset(struct fake *fake);

/* kc's own channel: a few buffers back and forth. */
void fake_ping(struct fake *fake, guint32 *position);

gint64 fake_guest_time(const struct fake *fake, gint64 host);

/* Joins what the two streams say, from @begin on (guest's clock). NULL with @error set. */
struct trace *fake_join(struct fake *fake, gint64 begin, GArray *driver_gaps, GArray *device_gaps,
			GError **error);

/* A whole trace of so many steps; @drained: with nothing left in flight. */
struct trace *fake_run(bool packed, guint16 size, guint16 chain, int steps, bool drained);

#endif
