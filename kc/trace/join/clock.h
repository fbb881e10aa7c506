/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's clock in terms of the host's. All that is known of it is what
 * causality says: that an event on the one side came before an event on the
 * other. Each such pair is a half plane in which the line between the clocks
 * must run; together they leave a narrow band.
 *
 * As a rule one straight line runs through all of it. Where the host's clock is
 * slewed or set meanwhile, or the machine stood still, it takes several.
 */
#ifndef KC_TRACE_JOIN_CLOCK_H
#define KC_TRACE_JOIN_CLOCK_H

#include <glib.h>
#include <stdbool.h>

struct clock_pairs;

struct guest_clock {
	gint64 origin, base;
	GArray *pieces; /* straight lines, by the guest time from which each holds */
	gint64 bound; /* ns: nothing that is as straight and obeys the pairs is farther off */
	gint64 jump; /* ns: as far apart can two pieces be where the one may end or go on; 0: one */
};

void guest_clock_clear(struct guest_clock *clock);

/* Later is never earlier, across pieces too. */
gint64 clock_to_host(const struct guest_clock *clock, gint64 guest);

/* @keep: as many as there are, for clock_fit_pieces(); otherwise memory stays bounded. */
struct clock_pairs *clock_pairs_new(bool keep);
void clock_pairs_free(struct clock_pairs *pairs);

/* What the guest did at @guest came before what the host did at @host; @tag says what it was. */
void clock_guest_first(struct clock_pairs *pairs, gint64 guest, gint64 host, guint64 tag);
/* The other way round. */
void clock_host_first(struct clock_pairs *pairs, gint64 guest, gint64 host, guint64 tag);

/* There are pairs of both kinds, without which nothing is known. */
bool clock_pairs_suffice(const struct clock_pairs *pairs);
guint64 clock_pairs_count(const struct clock_pairs *pairs);

/*
 * The line in the middle of the band, for guest times from @begin to @end;
 * false: no line obeys all pairs. Caller clears @clock on success.
 */
bool clock_fit_line(struct clock_pairs *pairs, gint64 begin, gint64 end, struct guest_clock *clock);

struct clock_contradiction {
	guint64 guest_first, host_first; /* tags of two pairs that cannot both be true */
	gint64 by; /* ns */
};

/*
 * From the first pair to the last by as few lines as it takes. Fails only where the events contradict
 * each other by their order alone, whatever the clocks did. @pairs must have kept all.
 */
bool clock_fit_pieces(struct clock_pairs *pairs, struct guest_clock *clock,
		      struct clock_contradiction *contradiction);

#endif
