/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Halves whose other half is told by their heads, where no place in the ring does. */
#include "trace/join/internal.h"

#include <string.h>

static bool is_older(const struct driver_half *half)
{
	return half->added == TRACE_NEVER && half->collected != TRACE_NEVER;
}

/* Which was under way with a head when the driver began to be watched: the one before its first add. */
static void tie_older(struct link_life *life)
{
	g_autofree guint32 *before = g_new(guint32, LINK_HEADS);
	g_autofree guint8 *added = g_new0(guint8, LINK_HEADS);

	memset(before, 0xff, LINK_HEADS * sizeof(*before));
	for (guint32 j = life->first_device; j < life->end_device; j++) {
		guint16 head = link_device(life, j)->head;

		if (g_array_index(life->link->of_device, guint32, j) != TRACE_NONE)
			added[head] = true;
		else if (!added[head] && !link_device(life, j)->unasked)
			before[head] = j;
	}
	for (guint32 i = life->first_driver; i < life->end_driver; i++) {
		guint16 head = link_driver(life, i)->head;

		if (is_older(link_driver(life, i)) && before[head] != TRACE_NONE)
			link_tie(life, i, before[head]);
	}
}

/*
 * Where adds were lost, a collection is of the buffer with its head that was
 * pushed before it and whose head was not popped again before it. With clocks
 * that are not sure enough to tell two apart it stays alone.
 */
static guint32 find_push(struct link_life *life, const guint32 *next, guint32 *first,
			 gint64 collected, bool *unclear)
{
	gint64 bound = life->terms->clock->bound;
	const struct device_half *after;

	/* Later collections are of later pops, too. */
	while (*first != TRACE_NONE && next[*first - life->first_device] != TRACE_NONE &&
	       link_device(life, next[*first - life->first_device])->popped <= collected - bound)
		*first = next[*first - life->first_device];
	if (*first == TRACE_NONE || link_device(life, *first)->pushed == TRACE_NEVER ||
	    link_device(life, *first)->pushed > collected + bound)
		return TRACE_NONE;
	if (next[*first - life->first_device] == TRACE_NONE)
		return *first;
	after = link_device(life, next[*first - life->first_device]);
	*unclear = after->pushed != TRACE_NEVER && after->pushed <= collected + bound;
	return *unclear ? TRACE_NONE : *first;
}

static void tie_unadded(struct link_life *life)
{
	guint32 n = life->end_device - life->first_device;
	g_autofree guint32 *next = g_new(guint32, MAX(n, 1)); /* with the same head */
	g_autofree guint32 *first = g_new(guint32, LINK_HEADS);

	memset(first, 0xff, LINK_HEADS * sizeof(*first));
	for (guint32 j = life->end_device; j-- > life->first_device;) {
		next[j - life->first_device] = first[link_device(life, j)->head];
		first[link_device(life, j)->head] = j;
	}
	for (guint32 i = life->first_driver; i < life->end_driver; i++) {
		struct driver_half *half = link_driver(life, i);
		bool unclear = false;
		guint32 j;

		if (!is_older(half))
			continue;
		j = find_push(life, next, &first[half->head], link_host_time(life, half->collected),
			      &unclear);
		if (unclear)
			half->end = DRIVER_UNCLEAR;
		else if (j != TRACE_NONE &&
			 g_array_index(life->link->of_device, guint32, j) == TRACE_NONE)
			link_tie(life, i, j);
	}
}

/*
 * While events are lost a head may pass to another buffer unseen. What a later
 * event on it says may then be of either: it is only believed where the other
 * side shows that there was no other.
 */
void link_doubt_collections(struct link_life *life)
{
	g_autofree gint64 *next_pop = g_new(gint64, LINK_HEADS);
	guint32 i;

	for (int head = 0; head < LINK_HEADS; head++)
		next_pop[head] = G_MAXINT64;
	for (guint32 j = life->end_device; j-- > life->first_device;) {
		const struct device_half *device = link_device(life, j);
		struct driver_half *driver;

		i = g_array_index(life->link->of_device, guint32, j);
		driver = i == TRACE_NONE ? NULL : link_driver(life, i);
		if (driver && driver->collected != TRACE_NEVER &&
		    trace_lost_between(life->terms->driver_gaps, driver->added,
				       driver->collected) &&
		    (life->terms->device_lost ||
		     next_pop[device->head] <=
			     link_host_time(life, driver->collected) + life->terms->clock->bound)) {
			driver->collected = TRACE_NEVER;
			driver->end = DRIVER_OPEN;
		}
		if (device->popped != TRACE_NEVER)
			next_pop[device->head] = device->popped;
	}
}

void link_doubt_pushes(struct link_life *life)
{
	for (guint32 j = life->first_device; j < life->end_device; j++) {
		struct device_half *half = link_device(life, j);

		if (half->popped == TRACE_NEVER ||
		    !trace_lost_between(life->terms->device_gaps, half->popped,
					MAX(half->pushed, half->filled)))
			continue;
		half->filled = half->pushed = TRACE_NEVER;
		half->written = 0;
		half->signal = TRACE_NONE;
		half->end = DEVICE_HELD;
	}
}

/* Whose pop was lost is told by its head: the driver lets it go only after the push. */
static void tie_popless(struct link_life *life)
{
	g_autofree guint32 *owner = g_new(guint32, LINK_HEADS);
	guint32 i = life->first_driver;

	memset(owner, 0xff, LINK_HEADS * sizeof(*owner));
	for (guint32 j = life->first_device; j < life->end_device; j++) {
		const struct device_half *device = link_device(life, j);
		guint32 found;

		if (device->popped != TRACE_NEVER || device->pushed == TRACE_NEVER)
			continue;
		for (; i < life->end_driver && link_driver(life, i)->added != TRACE_NEVER &&
		       link_host_time(life, link_driver(life, i)->added) <= device->pushed;
		     i++)
			if (half_was_added(link_driver(life, i)))
				owner[link_driver(life, i)->head] = i;
		found = owner[device->head];
		if (found != TRACE_NONE && link_driver(life, found)->collected != TRACE_NEVER &&
		    g_array_index(life->link->of_driver, guint32, found) == TRACE_NONE &&
		    link_host_time(life, link_driver(life, found)->collected) >= device->pushed)
			link_tie(life, found, j);
	}
}

void link_tie_rest(struct link_life *life)
{
	if (!life->terms->driver_lost)
		tie_older(life);
	else if (life->terms->clock)
		tie_unadded(life);
	if (life->terms->clock && life->terms->device_lost && !life->terms->driver_lost)
		tie_popless(life);
}
