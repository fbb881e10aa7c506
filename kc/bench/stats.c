/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DRAWS 2000
#define SEED 20261126

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double stats_quantile(const double *sorted, guint n, double q)
{
	double place = q * (n - 1);
	guint below = MIN((guint)place, n - 1);
	guint above = MIN(below + 1, n - 1);

	return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

static double median_of(double *values, guint n)
{
	qsort(values, n, sizeof(*values), compare);
	return stats_quantile(values, n, 0.5);
}

struct stats_spread stats_spread(const double *values, guint n)
{
	g_autofree double *sorted = g_memdup2(values, n * sizeof(*values));
	struct stats_spread spread = {.median = median_of(sorted, n)};

	spread.min = sorted[0];
	spread.max = sorted[n - 1];
	spread.low = stats_quantile(sorted, n, 0.25);
	spread.high = stats_quantile(sorted, n, 0.75);
	for (guint i = 0; i < n; i++)
		sorted[i] = fabs(values[i] - spread.median);
	spread.mad = median_of(sorted, n);
	return spread;
}

static bool all_positive(const double *values, guint n)
{
	for (guint i = 0; i < n; i++)
		if (!(values[i] > 0))
			return false;
	return n > 0;
}

static double draw(const double *values, guint n, const guint *rounds, double *room)
{
	for (guint i = 0; i < n; i++)
		room[i] = values[rounds[i]];
	return median_of(room, n);
}

static void draw_rounds(GRand *rand, guint *rounds, guint n)
{
	for (guint i = 0; i < n; i++)
		rounds[i] = g_rand_int_range(rand, 0, n);
}

struct stats_ratio stats_ratio(const double *a, guint n_a, const double *b, guint n_b, bool paired)
{
	struct stats_ratio ratio = {.ratio = NAN, .low = NAN, .high = NAN};
	guint most = MAX(n_a, n_b);
	g_autofree guint *rounds = g_new(guint, MAX(most, 1));
	g_autofree double *room = g_new(double, MAX(most, 1));
	g_autofree double *ratios = g_new(double, DRAWS);
	GRand *rand;

	if (!all_positive(a, n_a) || !all_positive(b, n_b))
		return ratio;
	ratio.ratio = stats_spread(b, n_b).median / stats_spread(a, n_a).median;
	if (MIN(n_a, n_b) < STATS_ROUNDS_MIN)
		return ratio;
	rand = g_rand_new_with_seed(SEED);
	for (guint i = 0; i < DRAWS; i++) {
		double median;

		draw_rounds(rand, rounds, n_a);
		median = draw(a, n_a, rounds, room);
		if (!paired)
			draw_rounds(rand, rounds, n_b);
		ratios[i] = draw(b, n_b, rounds, room) / median;
	}
	g_rand_free(rand);
	qsort(ratios, DRAWS, sizeof(*ratios), compare);
	ratio.low = stats_quantile(ratios, DRAWS, (1 - STATS_LEVEL) / 2);
	ratio.high = stats_quantile(ratios, DRAWS, (1 + STATS_LEVEL) / 2);
	ratio.known = true;
	return ratio;
}

bool stats_within(const struct stats_ratio *ratio, double share)
{
	return ratio->known && ratio->high <= ratio->ratio * (1 + share) &&
	       ratio->low >= ratio->ratio * (1 - share);
}

bool stats_differs(const struct stats_ratio *ratio)
{
	return ratio->known && (ratio->low > 1 || ratio->high < 1);
}
