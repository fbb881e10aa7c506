/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace/join/clock-line.h"

#include <math.h>

/* The guest may have measured its counter badly; beyond this it is no clock. */
#define DRIFT_MAX 0.02
#define CHUNK 4096 /* points that wait to be thinned out */
#define STEPS 100 /* of a search by thirds: to the last bit of a double */

void clock_band_init(struct clock_band *band)
{
	band->above.points = g_array_new(FALSE, FALSE, sizeof(struct clock_point));
	band->below.points = g_array_new(FALSE, FALSE, sizeof(struct clock_point));
	band->above.sign = 1;
	band->below.sign = -1;
	clock_band_empty(band);
}

void clock_band_clear(struct clock_band *band)
{
	g_array_unref(band->above.points);
	g_array_unref(band->below.points);
}

void clock_band_empty(struct clock_band *band)
{
	g_array_set_size(band->above.points, 0);
	g_array_set_size(band->below.points, 0);
	band->above.thinned = band->below.thinned = 0;
}

static struct clock_point *point_at(const struct clock_half *half, guint i)
{
	return &g_array_index(half->points, struct clock_point, i);
}

static int by_x(const void *a, const void *b)
{
	double left = ((const struct clock_point *)a)->x;
	double right = ((const struct clock_point *)b)->x;

	return left < right ? -1 : left > right;
}

static bool is_sorted(const struct clock_half *half)
{
	for (guint i = 1; i < half->points->len; i++)
		if (point_at(half, i)->x < point_at(half, i - 1)->x)
			return false;
	return true;
}

/* Whether no line touches @b that does not pass @a or @c on the wrong side. */
static bool is_inside(const struct clock_half *half, const struct clock_point *a,
		      const struct clock_point *b, const struct clock_point *c)
{
	double turn = (b->x - a->x) * (c->y - a->y) - (b->y - a->y) * (c->x - a->x);

	return half->sign * turn <= 0;
}

/* Keeps the points that some line can touch: the convex hull, on the line's side. */
static void thin_out(struct clock_half *half)
{
	guint kept = 0;

	if (!is_sorted(half))
		g_array_sort(half->points, by_x);
	for (guint i = 0; i < half->points->len; i++) {
		struct clock_point point = *point_at(half, i);

		while (kept >= 2 &&
		       is_inside(half, point_at(half, kept - 2), point_at(half, kept - 1), &point))
			kept--;
		*point_at(half, kept++) = point;
	}
	g_array_set_size(half->points, kept);
	half->thinned = kept;
}

void clock_band_thin_out(struct clock_band *band)
{
	thin_out(&band->above);
	thin_out(&band->below);
}

static void join(struct clock_half *half, const struct clock_half *from)
{
	g_array_append_vals(half->points, from->points->data, from->points->len);
}

void clock_band_join(struct clock_band *band, const struct clock_band *from)
{
	join(&band->above, &from->above);
	join(&band->below, &from->below);
}

void clock_half_add(struct clock_half *half, double x, double y)
{
	struct clock_point point = {x, y};

	g_array_append_val(half->points, point);
	if (half->points->len >= half->thinned + CHUNK)
		thin_out(half);
}

/* How far up a line of this drift may go, or must; infinitely, where no point says so. */
static double limit(const struct clock_half *half, double drift)
{
	double best = half->sign * INFINITY;

	for (guint i = 0; i < half->points->len; i++) {
		const struct clock_point *point = point_at(half, i);
		double offset = point->y - drift * point->x;

		if (half->sign * offset < half->sign * best)
			best = offset;
	}
	return best;
}

static double room(const struct clock_band *band, double drift)
{
	return limit(&band->above, drift) - limit(&band->below, drift);
}

/* The room is a concave function of the drift: search its top by thirds. */
static double best_drift(const struct clock_band *band)
{
	double low = -DRIFT_MAX, high = DRIFT_MAX;

	for (int i = 0; i < STEPS; i++) {
		double third = (high - low) / 3;

		if (room(band, low + third) < room(band, high - third))
			low += third;
		else
			high -= third;
	}
	return (low + high) / 2;
}

/* Where there are points on one side alone, it is as near to them as it can be. */
static bool fit_to_one_side(const struct clock_band *band, struct clock_line *line)
{
	const struct clock_half *half = band->above.points->len ? &band->above : &band->below;

	line->drift = 0;
	line->offset = limit(half, 0);
	return true;
}

bool clock_band_fit(struct clock_band *band, struct clock_line *line)
{
	double top, bottom;

	clock_band_thin_out(band);
	if (!band->above.points->len || !band->below.points->len)
		return fit_to_one_side(band, line);
	line->drift = best_drift(band);
	top = limit(&band->above, line->drift);
	bottom = limit(&band->below, line->drift);
	line->offset = (top + bottom) / 2;
	return top >= bottom;
}

/* The drift nearest to @outer that leaves room, seen from @inner which does. */
static double last_drift(const struct clock_band *band, double inner, double outer)
{
	if (room(band, outer) >= 0)
		return outer;
	for (int i = 0; i < STEPS; i++) {
		double middle = (inner + outer) / 2;

		if (room(band, middle) >= 0)
			inner = middle;
		else
			outer = middle;
	}
	return inner;
}

/* How far up (or down) a line that fits can be at @x. */
static double reach(const struct clock_half *half, double low, double high, double x)
{
	for (int i = 0; i < STEPS; i++) {
		double third = (high - low) / 3;
		double left = half->sign * (limit(half, low + third) + (low + third) * x);
		double right = half->sign * (limit(half, high - third) + (high - third) * x);

		if (left < right)
			low += third;
		else
			high -= third;
	}
	return limit(half, (low + high) / 2) + (low + high) / 2 * x;
}

double clock_band_error(const struct clock_band *band, const struct clock_line *line, double x)
{
	double low = last_drift(band, line->drift, -DRIFT_MAX);
	double high = last_drift(band, line->drift, DRIFT_MAX);
	double y = clock_line_at(line, x);

	return MAX(reach(&band->above, low, high, x) - y, y - reach(&band->below, low, high, x));
}
