/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A straight line that must run below some points and above others. */
#ifndef KC_TRACE_JOIN_CLOCK_LINE_H
#define KC_TRACE_JOIN_CLOCK_LINE_H

#include <glib.h>
#include <stdbool.h>

struct clock_point {
	double x, y;
};

struct clock_half {
	GArray *points; /* of struct clock_point */
	guint thinned; /* so many in front are a convex hull */
	int sign; /* 1: the line stays below */
};

struct clock_band {
	struct clock_half above, below;
};

/* y = offset + drift * x */
struct clock_line {
	double offset, drift;
};

void clock_band_init(struct clock_band *band);
void clock_band_clear(struct clock_band *band);
void clock_band_empty(struct clock_band *band);

/* Those that no line can touch any more are left out now and then. */
void clock_half_add(struct clock_half *half, double x, double y);

/* Leaves out all of those, of both. */
void clock_band_thin_out(struct clock_band *band);
/* Adds the points of @from to @band, behind whose they lie. */
void clock_band_join(struct clock_band *band, const struct clock_band *from);

/* The line in the middle; false: there is none. */
bool clock_band_fit(struct clock_band *band, struct clock_line *line);

/* After a fit: how far from @line, at @x, another that fits can be. */
double clock_band_error(const struct clock_band *band, const struct clock_line *line, double x);

static inline double clock_line_at(const struct clock_line *line, double x)
{
	return line->offset + line->drift * x;
}

#endif
