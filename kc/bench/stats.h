/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a few rounds allow to say: medians, spread, and how sure a ratio is. */
#ifndef KC_BENCH_STATS_H
#define KC_BENCH_STATS_H

#include <glib.h>
#include <stdbool.h>

/* Of fewer rounds no interval of medians holds the truth 19 times in 20. */
#define STATS_ROUNDS_MIN 6
#define STATS_LEVEL 0.95

struct stats_spread {
	double median, min, max;
	double low, high; /* the quartiles */
	double mad; /* median of the distances from the median */
};

/* @n of at least one, in any order. */
struct stats_spread stats_spread(const double *values, guint n);

/* The value below which the share @q of @sorted lies, between two of them by a straight line. */
double stats_quantile(const double *sorted, guint n, double q);

struct stats_ratio {
	double ratio; /* of the medians; NAN where there is none */
	double low, high; /* the interval that holds the true one 19 times in 20 */
	bool known; /* there were enough rounds for an interval */
};

/*
 * The median of @b by that of @a: by a bootstrap, whose seed is fixed, so that the
 * same rounds give the same interval. @paired: both have the same rounds, side by side
 * in time, and are drawn together; a drift of the host then falls out of the ratio.
 */
struct stats_ratio stats_ratio(const double *a, guint n_a, const double *b, guint n_b, bool paired);

/* The interval is known, and neither end is further from the ratio than that @share of it. */
bool stats_within(const struct stats_ratio *ratio, double share);

/* The interval leaves no room for "the same". */
bool stats_differs(const struct stats_ratio *ratio);

#endif
