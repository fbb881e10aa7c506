/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Positions in a ring repeat; places, which count the laps, do not. */
#include "trace/join/internal.h"

#define MIDDLE (G_GUINT64_CONSTANT(1) << 40) /* room to count down from */
#define STRAYS 1000 /* a slewed clock goes by one in so many off its rate */

/* A packed ring's first lap has the wrap counter set, the second not, and so on. */
static guint32 linear(const struct link_life *life, guint16 position)
{
	const struct driver_queue *queue = life->link->driver;

	if (!queue->packed)
		return position;
	return (position & 0x7fff) + (position & 0x8000 ? 0 : queue->size);
}

/* The next place after @last that has this position. */
static guint64 next_place(const struct link_life *life, guint64 last, guint32 position)
{
	guint32 last_position = last % life->laps;

	return last + (position + life->laps - last_position) % life->laps;
}

static guint64 place_at_most(const struct link_life *life, guint64 most, guint32 position)
{
	guint32 most_position = most % life->laps;

	return most - (most_position + life->laps - position) % life->laps;
}

static guint64 first_place(const struct link_life *life, guint32 position)
{
	return life->fresh ? position : MIDDLE - MIDDLE % life->laps + position;
}

/* Adds follow each other without a gap. */
static void place_adds(struct link_life *life)
{
	guint64 last = LINK_NOWHERE;

	for (guint32 i = life->first_driver; i < life->end_driver; i++) {
		const struct driver_half *half = link_driver(life, i);
		guint32 position = linear(life, half->position);

		if (!half_was_added(half))
			continue;
		last = last == LINK_NOWHERE ? first_place(life, position)
					    : next_place(life, last, position);
		life->driver_places[i - life->first_driver] = last;
	}
}

static void place_pops(struct link_life *life)
{
	guint64 last = LINK_NOWHERE;

	for (guint32 j = life->first_device; j < life->end_device; j++) {
		const struct device_half *half = link_device(life, j);
		guint32 position = linear(life, half->position);

		if (half->popped == TRACE_NEVER)
			continue;
		last = last == LINK_NOWHERE ? first_place(life, position)
					    : next_place(life, last, position);
		life->device_places[j - life->first_device] = last;
	}
}

/* Passes the adds that may have come before @popped; the last is the newest. */
static guint32 pass_adds(struct link_life *life, guint32 i, gint64 popped, guint64 *newest)
{
	for (; life->terms->clock && i < life->end_driver; i++) {
		if (!half_was_added(link_driver(life, i)))
			continue;
		if (link_host_time(life, link_driver(life, i)->added) >
		    popped + life->terms->clock->bound)
			break;
		*newest = life->driver_places[i - life->first_driver];
	}
	return i;
}

static guint32 first_add(const struct link_life *life)
{
	guint32 i = life->first_driver;

	while (i < life->end_driver && !half_was_added(link_driver(life, i)))
		i++;
	return i;
}

/*
 * What is popped was added before, and no more than a ring ago: the pop's
 * place is the last that fits, up to that of the last add before it. Where no pop
 * was lost the first that has adds before it settles this for all behind it.
 * Older pops only need to stay apart from all adds.
 */
static void place_pops_by_adds(struct link_life *life)
{
	const struct guest_clock *clock = life->terms->clock;
	guint32 i = first_add(life);
	guint64 newest, last = LINK_NOWHERE;
	gint64 begin;

	if (i == life->end_driver)
		return;
	/* Without a clock: the device was watched first, so its first pop is no later add. */
	newest = life->driver_places[i - life->first_driver] - (clock != NULL);
	begin = clock ? link_host_time(life, link_driver(life, i)->added) - clock->bound
		      : G_MININT64;
	for (guint32 j = life->first_device; j < life->end_device; j++) {
		const struct device_half *half = link_device(life, j);
		guint32 position = linear(life, half->position);
		guint64 place;

		if (half->popped == TRACE_NEVER)
			continue;
		i = pass_adds(life, i, half->popped, &newest);
		place = last == LINK_NOWHERE || (clock && life->terms->device_lost)
				? place_at_most(life, newest, position)
				: next_place(life, last, position);
		if (half->popped >= begin)
			last = place;
		life->device_places[j - life->first_device] = place;
	}
}

/*
 * Before that a pop is not of this add. By kc's own channel the clock is known
 * at either end of the trace, and may have strayed between them.
 */
static gint64 earliest_pop(const struct link_life *life, const struct driver_half *add)
{
	const struct guest_clock *clock = life->terms->clock;

	if (!clock)
		return G_MININT64;
	return link_host_time(life, add->added) - clock->bound - clock->jump -
	       MAX(add->added - life->terms->begin, 0) / STRAYS;
}

/* The pop of an add that was popped while the device was watched; end_device: there is none. */
static guint32 find_pop(const struct link_life *life, const struct driver_half *add)
{
	gint64 earliest = earliest_pop(life, add);

	for (guint32 j = life->first_device; j < life->end_device; j++) {
		const struct device_half *half = link_device(life, j);

		if (half->popped != TRACE_NEVER && half->popped >= earliest &&
		    linear(life, half->position) == linear(life, add->position))
			return j;
	}
	return life->end_device;
}

/* Nothing is missing: from the first add's own pop on, and back, they follow each other. */
static void place_pops_around(struct link_life *life)
{
	guint32 i = first_add(life);
	guint64 first, last;
	guint32 pop;

	if (i == life->end_driver)
		return;
	pop = find_pop(life, link_driver(life, i));
	first = last = life->driver_places[i - life->first_driver];
	for (guint32 j = pop; j < life->end_device; j++)
		if (link_device(life, j)->popped != TRACE_NEVER)
			last = life->device_places[j - life->first_device] = next_place(
				life, last, linear(life, link_device(life, j)->position));
	for (guint32 j = pop; j-- > life->first_device;)
		if (link_device(life, j)->popped != TRACE_NEVER)
			first = life->device_places[j - life->first_device] = place_at_most(
				life, first - 1, linear(life, link_device(life, j)->position));
}

/* The other way round, where only the driver's events were lost. */
static void place_adds_by_pops(struct link_life *life)
{
	guint64 oldest = LINK_NOWHERE;
	guint32 j = life->first_device;

	for (guint32 i = life->first_driver; i < life->end_driver; i++) {
		const struct driver_half *half = link_driver(life, i);
		guint32 position = linear(life, half->position);

		if (!half_was_added(half))
			continue;
		for (; j < life->end_device; j++) {
			if (link_device(life, j)->popped == TRACE_NEVER)
				continue;
			if (oldest != LINK_NOWHERE &&
			    link_device(life, j)->popped >
				    link_host_time(life, half->added) - life->terms->clock->bound)
				break;
			oldest = life->device_places[j - life->first_device];
		}
		if (oldest == LINK_NOWHERE)
			oldest = first_place(life, position);
		life->driver_places[i - life->first_driver] = next_place(life, oldest, position);
	}
}

void link_place(struct link_life *life)
{
	if (life->terms->driver_lost && !life->terms->device_lost && life->terms->clock) {
		place_pops(life);
		place_adds_by_pops(life);
	} else if (!life->terms->driver_lost && !life->terms->device_lost) {
		place_adds(life);
		if (life->fresh)
			place_pops(life);
		else
			place_pops_around(life);
	} else {
		place_adds(life);
		place_pops_by_adds(life);
	}
}
