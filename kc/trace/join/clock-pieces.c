/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A clock that no straight line describes, by as few lines as it takes. Each is
 * drawn as far as one goes. Where it can go no farther the truth has left it
 * some time before: the next begins in the middle of where both would do.
 */
#include "trace/join/internal.h"

#include <math.h>

/* A guest time at which something is known. */
struct moment {
	double x;
	double low, high; /* y is within; or infinite */
	guint64 low_tag, high_tag;
};

/* Lines are tried over and over: of so many moments only the hull is looked at. */
#define BLOCK 256

struct course {
	GArray *moments; /* of struct moment, by x, each x once */
	struct clock_band *blocks; /* of each BLOCK moments that are whole */
	/* By moment, and one more: no x + y before it is above that, none from it on below. */
	double *ceiling, *floor;
	struct clock_band band;
};

static struct moment *moment_at(const struct course *course, guint i)
{
	return &g_array_index(course->moments, struct moment, i);
}

static int by_x(const void *a, const void *b)
{
	double left = ((const struct clock_pair *)a)->x, right = ((const struct clock_pair *)b)->x;

	return left < right ? -1 : left > right;
}

static void narrow(struct moment *moment, const struct clock_pair *pair)
{
	if (pair->guest_first && pair->y < moment->high) {
		moment->high = pair->y;
		moment->high_tag = pair->tag;
	} else if (!pair->guest_first && pair->y > moment->low) {
		moment->low = pair->y;
		moment->low_tag = pair->tag;
	}
}

static void gather_moments(struct course *course, GArray *pairs)
{
	g_array_sort(pairs, by_x);
	for (guint i = 0; i < pairs->len; i++) {
		const struct clock_pair *pair = &g_array_index(pairs, struct clock_pair, i);
		struct moment moment = {.x = pair->x, .low = -INFINITY, .high = INFINITY};
		guint n = course->moments->len;

		if (n == 0 || moment_at(course, n - 1)->x < pair->x)
			g_array_append_val(course->moments, moment);
		narrow(moment_at(course, course->moments->len - 1), pair);
	}
}

static void find_limits(struct course *course)
{
	guint n = course->moments->len;

	course->ceiling = g_new(double, n + 1);
	course->floor = g_new(double, n + 1);
	course->floor[0] = -INFINITY;
	course->ceiling[n] = INFINITY;
	for (guint i = n; i-- > 0;) {
		const struct moment *moment = moment_at(course, i);

		course->ceiling[i] = MIN(course->ceiling[i + 1], moment->x + moment->high);
	}
	for (guint i = 0; i < n; i++) {
		const struct moment *moment = moment_at(course, i);

		course->floor[i + 1] = MAX(course->floor[i], moment->x + moment->low);
	}
}

/* However the clocks went: what came later on the one did not come before on the other. */
static bool is_in_order(const struct course *course, struct clock_contradiction *contradiction)
{
	double floor = -INFINITY;
	guint64 floor_tag = 0;

	for (guint i = 0; i < course->moments->len; i++) {
		const struct moment *moment = moment_at(course, i);

		if (moment->x + moment->low > floor) {
			floor = moment->x + moment->low;
			floor_tag = moment->low_tag;
		}
		if (floor <= moment->x + moment->high)
			continue;
		contradiction->guest_first = moment->high_tag;
		contradiction->host_first = floor_tag;
		contradiction->by = (gint64)ceil(floor - moment->x - moment->high);
		return false;
	}
	return true;
}

static void add_moment(struct clock_band *band, const struct moment *moment)
{
	if (moment->high != INFINITY)
		clock_half_add(&band->above, moment->x, moment->high);
	if (moment->low != -INFINITY)
		clock_half_add(&band->below, moment->x, moment->low);
}

static void make_blocks(struct course *course)
{
	guint n = course->moments->len / BLOCK;

	course->blocks = g_new(struct clock_band, n);
	for (guint i = 0; i < n; i++) {
		clock_band_init(&course->blocks[i]);
		for (guint j = 0; j < BLOCK; j++)
			add_moment(&course->blocks[i], moment_at(course, i * BLOCK + j));
		clock_band_thin_out(&course->blocks[i]);
	}
}

static void add_moments(struct course *course, guint i, guint end)
{
	while (i < end) {
		if (i % BLOCK == 0 && end - i >= BLOCK) {
			clock_band_join(&course->band, &course->blocks[i / BLOCK]);
			i += BLOCK;
		} else {
			add_moment(&course->band, moment_at(course, i++));
		}
	}
}

/* Whether one line goes from moment @i up to, but not to, @end. */
static bool goes(struct course *course, guint i, guint end, struct clock_line *line)
{
	double first = moment_at(course, i)->x, last = moment_at(course, end - 1)->x;

	clock_band_empty(&course->band);
	if (course->floor[i] != -INFINITY)
		clock_half_add(&course->band.below, first, course->floor[i] - first);
	add_moments(course, i, end);
	/* What comes behind must not be made to turn back. */
	if (course->ceiling[end] != INFINITY)
		clock_half_add(&course->band.above, last, course->ceiling[end] - last);
	return clock_band_fit(&course->band, line);
}

/* The end of the longest line from moment @i. */
static guint longest_from(struct course *course, guint i)
{
	guint n = course->moments->len, good = i + 1, bad = n + 1;
	struct clock_line line;

	for (guint step = 1; good < n && bad > n; step *= 2) {
		guint end = step < n - good ? good + step : n;

		if (goes(course, i, end, &line))
			good = end;
		else
			bad = end;
	}
	while (good + 1 < bad && good < n) {
		guint middle = good + (bad - good) / 2;

		if (goes(course, i, middle, &line))
			good = middle;
		else
			bad = middle;
	}
	return good;
}

/* The first moment, not before @first, from which a line through @start goes on to @end. */
static guint earliest_to(struct course *course, guint first, guint start, guint end)
{
	struct clock_line line;

	while (first < start) {
		guint middle = first + (start - first) / 2;

		if (goes(course, middle, end, &line))
			start = middle;
		else
			first = middle + 1;
	}
	return start;
}

/* Between two moments one line ends and the next begins. */
struct turn {
	guint first, last;
};

static void find_turns(struct course *course, GArray *turns)
{
	guint begin = 0, end = longest_from(course, 0);

	while (end < course->moments->len) {
		guint next = longest_from(course, end);
		struct turn turn = {earliest_to(course, begin + 1, end, next) - 1, end};

		g_array_append_val(turns, turn);
		begin = turn.first + 1 + (turn.last - turn.first) / 2;
		end = next;
	}
}

/* The line from moment @i up to @end, and how far from it the truth can be. */
static void append_piece(struct course *course, struct guest_clock *clock, guint i, guint end)
{
	double x = moment_at(course, i)->x, last = moment_at(course, end - 1)->x;
	struct clock_piece piece = {.floor = G_MININT64};

	goes(course, i, end, &piece.line);
	if (i > 0) {
		piece.from = moment_at(course, i - 1)->x + 1;
		piece.floor = clock_to_host(clock, clock->origin + (gint64)piece.from - 1);
	}
	guest_clock_append(clock, &piece,
			   MAX(clock_band_error(&course->band, &piece.line, x),
			       clock_band_error(&course->band, &piece.line, last)));
}

/* Before and behind the turn the truth may be on the one as on the other line. */
static void widen_jump(const struct course *course, struct guest_clock *clock,
		       const struct turn *turn)
{
	guint n = clock->pieces->len;
	const struct clock_line *a = &g_array_index(clock->pieces, struct clock_piece, n - 2).line;
	const struct clock_line *b = &g_array_index(clock->pieces, struct clock_piece, n - 1).line;
	double from = moment_at(course, turn->first)->x, to = moment_at(course, turn->last)->x;
	double apart = MAX(fabs(clock_line_at(a, from) - clock_line_at(b, from)),
			   fabs(clock_line_at(a, to) - clock_line_at(b, to)));

	clock->jump = MAX(clock->jump, (gint64)ceil(apart));
}

static void draw(struct course *course, struct guest_clock *clock)
{
	g_autoptr(GArray) turns = g_array_new(FALSE, FALSE, sizeof(struct turn));
	guint begin = 0;

	find_turns(course, turns);
	for (guint i = 0; i < turns->len; i++) {
		const struct turn *turn = &g_array_index(turns, struct turn, i);
		guint end = turn->first + 1 + (turn->last - turn->first) / 2;

		append_piece(course, clock, begin, end);
		if (i > 0)
			widen_jump(course, clock, turn - 1);
		begin = end;
	}
	append_piece(course, clock, begin, course->moments->len);
	if (turns->len)
		widen_jump(course, clock, &g_array_index(turns, struct turn, turns->len - 1));
}

static void course_init(struct course *course, GArray *pairs)
{
	course->moments = g_array_new(FALSE, FALSE, sizeof(struct moment));
	gather_moments(course, pairs);
	make_blocks(course);
	find_limits(course);
	clock_band_init(&course->band);
}

static void course_clear(struct course *course)
{
	for (guint i = 0; i < course->moments->len / BLOCK; i++)
		clock_band_clear(&course->blocks[i]);
	g_free(course->blocks);
	g_free(course->ceiling);
	g_free(course->floor);
	clock_band_clear(&course->band);
	g_array_unref(course->moments);
}

bool clock_fit_pieces(struct clock_pairs *pairs, struct guest_clock *clock,
		      struct clock_contradiction *contradiction)
{
	struct course course;
	bool drawn;

	course_init(&course, pairs->kept);
	drawn = is_in_order(&course, contradiction);
	if (drawn) {
		guest_clock_init(clock, pairs);
		draw(&course, clock);
	}
	course_clear(&course);
	return drawn;
}
