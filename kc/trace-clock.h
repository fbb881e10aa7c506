/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's clock in terms of the host's. All that is known of it is what
 * causality says: that an event on the one side came before an event on the
 * other. Each such pair is a half plane in which the line between the clocks
 * must run; together they leave a narrow band.
 */
#ifndef KC_TRACE_CLOCK_H
#define KC_TRACE_CLOCK_H

#include <glib.h>
#include <stdbool.h>

struct clock_pairs;

/* host = guest + base + offset + drift * (guest - origin) */
struct clock_line {
	gint64 origin, base;
	double offset, drift;
	gint64 bound; /* ns: no line that obeys the pairs is farther off */
};

struct clock_pairs *clock_pairs_new(void);
void clock_pairs_free(struct clock_pairs *pairs);

/* What the guest did at @guest came before what the host did at @host; @tag says what it was. */
void clock_guest_first(struct clock_pairs *pairs, gint64 guest, gint64 host, guint64 tag);
/* The other way round. */
void clock_host_first(struct clock_pairs *pairs, gint64 guest, gint64 host, guint64 tag);

/* There are pairs of both kinds, without which nothing is known. */
bool clock_pairs_suffice(const struct clock_pairs *pairs);
guint64 clock_pairs_count(const struct clock_pairs *pairs);

/*
 * The line in the middle of the band, for guest times from @begin to @end.
 * Returns false where no line obeys all pairs: then the two that contradict
 * each other most are in @tags (guest first, host first), by @line->bound ns.
 */
bool clock_fit(struct clock_pairs *pairs, gint64 begin, gint64 end, struct clock_line *line,
	       guint64 tags[2]);

gint64 clock_to_host(const struct clock_line *line, gint64 guest);

#endif
