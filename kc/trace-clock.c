/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace-clock.h"

#include <math.h>

/* The guest may have measured its counter badly; beyond this it is no clock. */
#define DRIFT_MAX 0.02
#define CHUNK 4096 /* pairs that wait to be thinned out */
#define STEPS 100 /* of a search by thirds: to the last bit of a double */

/* x: guest time since the origin; y: host minus guest, minus the base. */
struct point {
	double x, y;
	guint64 tag;
};

/* Points that a line must not pass: below those of one, above those of the other. */
struct half {
	GArray *points;
	size_t thinned; /* so many in front are a convex hull */
	int sign; /* 1: the line stays below */
};

struct clock_pairs {
	struct half above, below;
	gint64 origin, base;
	guint64 count;
};

struct clock_pairs *clock_pairs_new(void)
{
	struct clock_pairs *pairs = g_new0(struct clock_pairs, 1);

	pairs->above.points = g_array_new(FALSE, FALSE, sizeof(struct point));
	pairs->below.points = g_array_new(FALSE, FALSE, sizeof(struct point));
	pairs->above.sign = 1;
	pairs->below.sign = -1;
	return pairs;
}

void clock_pairs_free(struct clock_pairs *pairs)
{
	if (!pairs)
		return;
	g_array_unref(pairs->above.points);
	g_array_unref(pairs->below.points);
	g_free(pairs);
}

static struct point *point_at(const struct half *half, size_t i)
{
	return &g_array_index(half->points, struct point, i);
}

static int by_x(const void *a, const void *b)
{
	double left = ((const struct point *)a)->x, right = ((const struct point *)b)->x;

	return left < right ? -1 : left > right;
}

/* Whether no line touches @b that does not pass @a or @c on the wrong side. */
static bool is_inside(const struct half *half, const struct point *a, const struct point *b,
		      const struct point *c)
{
	double turn = (b->x - a->x) * (c->y - a->y) - (b->y - a->y) * (c->x - a->x);

	return half->sign * turn <= 0;
}

/* Keeps the points that some line can touch: the convex hull, on the line's side. */
static void thin_out(struct half *half)
{
	size_t kept = 0;

	g_array_sort(half->points, by_x);
	for (size_t i = 0; i < half->points->len; i++) {
		struct point point = *point_at(half, i);

		while (kept >= 2 &&
		       is_inside(half, point_at(half, kept - 2), point_at(half, kept - 1), &point))
			kept--;
		*point_at(half, kept++) = point;
	}
	g_array_set_size(half->points, kept);
	half->thinned = kept;
}

static void add(struct clock_pairs *pairs, struct half *half, gint64 guest, gint64 host,
		guint64 tag)
{
	struct point point = {.tag = tag};

	if (pairs->count++ == 0) {
		pairs->origin = guest;
		pairs->base = host - guest;
	}
	point.x = guest - pairs->origin;
	point.y = host - guest - pairs->base;
	g_array_append_val(half->points, point);
	if (half->points->len >= half->thinned + CHUNK)
		thin_out(half);
}

void clock_guest_first(struct clock_pairs *pairs, gint64 guest, gint64 host, guint64 tag)
{
	add(pairs, &pairs->above, guest, host, tag);
}

void clock_host_first(struct clock_pairs *pairs, gint64 guest, gint64 host, guint64 tag)
{
	add(pairs, &pairs->below, guest, host, tag);
}

bool clock_pairs_suffice(const struct clock_pairs *pairs)
{
	return pairs->above.points->len > 0 && pairs->below.points->len > 0;
}

guint64 clock_pairs_count(const struct clock_pairs *pairs)
{
	return pairs->count;
}

/* How far up a line of this drift may go, or must; and which point says so. */
static double limit(const struct half *half, double drift, guint64 *tag)
{
	double best = half->sign * G_MAXDOUBLE;

	for (size_t i = 0; i < half->points->len; i++) {
		const struct point *point = point_at(half, i);
		double offset = point->y - drift * point->x;

		if (half->sign * offset >= half->sign * best)
			continue;
		best = offset;
		if (tag)
			*tag = point->tag;
	}
	return best;
}

static double room(const struct clock_pairs *pairs, double drift)
{
	return limit(&pairs->above, drift, NULL) - limit(&pairs->below, drift, NULL);
}

/* The room is a concave function of the drift: search its top by thirds. */
static double best_drift(const struct clock_pairs *pairs)
{
	double low = -DRIFT_MAX, high = DRIFT_MAX;

	for (int i = 0; i < STEPS; i++) {
		double third = (high - low) / 3;

		if (room(pairs, low + third) < room(pairs, high - third))
			low += third;
		else
			high -= third;
	}
	return (low + high) / 2;
}

/* The drift nearest to @outer that leaves room, seen from @inner which does. */
static double last_drift(const struct clock_pairs *pairs, double inner, double outer)
{
	if (room(pairs, outer) >= 0)
		return outer;
	for (int i = 0; i < STEPS; i++) {
		double middle = (inner + outer) / 2;

		if (room(pairs, middle) >= 0)
			inner = middle;
		else
			outer = middle;
	}
	return inner;
}

/* How far above (or below) the line another that obeys all pairs can be at @x. */
static double reach(const struct half *half, double low, double high, double x)
{
	for (int i = 0; i < STEPS; i++) {
		double third = (high - low) / 3;
		double left = half->sign * (limit(half, low + third, NULL) + (low + third) * x);
		double right = half->sign * (limit(half, high - third, NULL) + (high - third) * x);

		if (left < right)
			low += third;
		else
			high -= third;
	}
	return limit(half, (low + high) / 2, NULL) + (low + high) / 2 * x;
}

static double error_at(const struct clock_pairs *pairs, const struct clock_line *line, double low,
		       double high, gint64 guest)
{
	double x = guest - pairs->origin;
	double y = line->offset + line->drift * x;
	double above = reach(&pairs->above, low, high, x) - y;
	double below = y - reach(&pairs->below, low, high, x);

	return MAX(above, below);
}

bool clock_fit(struct clock_pairs *pairs, gint64 begin, gint64 end, struct clock_line *line,
	       guint64 tags[2])
{
	double drift, top, bottom, low, high;

	thin_out(&pairs->above);
	thin_out(&pairs->below);
	drift = best_drift(pairs);
	top = limit(&pairs->above, drift, &tags[0]);
	bottom = limit(&pairs->below, drift, &tags[1]);
	line->origin = pairs->origin;
	line->base = pairs->base;
	line->drift = drift;
	line->offset = (top + bottom) / 2;
	line->bound = (gint64)ceil(fabs(top - bottom));
	if (top < bottom)
		return false;
	low = last_drift(pairs, drift, -DRIFT_MAX);
	high = last_drift(pairs, drift, DRIFT_MAX);
	line->bound = (gint64)ceil(MAX(error_at(pairs, line, low, high, begin),
				       error_at(pairs, line, low, high, end)));
	return true;
}

gint64 clock_to_host(const struct clock_line *line, gint64 guest)
{
	double x = guest - line->origin;

	return guest + line->base + (gint64)llround(line->offset + line->drift * x);
}
