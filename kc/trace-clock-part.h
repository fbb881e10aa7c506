/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two ways to fit a clock share. x: guest time since the origin; y: host's minus that. */
#ifndef KC_TRACE_CLOCK_PART_H
#define KC_TRACE_CLOCK_PART_H

#include "trace-clock-line.h"
#include "trace-clock.h"

struct clock_pair {
	double x, y;
	guint64 tag;
	bool guest_first;
};

struct clock_pairs {
	struct clock_band band;
	GArray *kept; /* of struct clock_pair; or NULL: they are in the band */
	gint64 origin, base;
	guint64 count, guest_first;
};

struct clock_piece {
	double from; /* x; the first holds before it, too */
	struct clock_line line;
	gint64 floor; /* host time that the one before came to: this is never before it */
};

void guest_clock_init(struct guest_clock *clock, const struct clock_pairs *pairs);
void guest_clock_append(struct guest_clock *clock, const struct clock_piece *piece, double error);

#endif
