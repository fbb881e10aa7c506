/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace/join/internal.h"

#include <math.h>

struct clock_pairs *clock_pairs_new(bool keep)
{
	struct clock_pairs *pairs = g_new0(struct clock_pairs, 1);

	clock_band_init(&pairs->band);
	if (keep)
		pairs->kept = g_array_new(FALSE, FALSE, sizeof(struct clock_pair));
	return pairs;
}

void clock_pairs_free(struct clock_pairs *pairs)
{
	if (!pairs)
		return;
	clock_band_clear(&pairs->band);
	if (pairs->kept)
		g_array_unref(pairs->kept);
	g_free(pairs);
}

static void add(struct clock_pairs *pairs, bool guest_first, gint64 guest, gint64 host, guint64 tag)
{
	struct clock_pair pair = {.tag = tag, .guest_first = guest_first};

	if (pairs->count++ == 0) {
		pairs->origin = guest;
		pairs->base = host - guest;
	}
	pair.x = guest - pairs->origin;
	pair.y = host - guest - pairs->base;
	pairs->guest_first += guest_first;
	if (pairs->kept)
		g_array_append_val(pairs->kept, pair);
	else
		clock_half_add(guest_first ? &pairs->band.above : &pairs->band.below, pair.x,
			       pair.y);
}

void clock_guest_first(struct clock_pairs *pairs, gint64 guest, gint64 host, guint64 tag)
{
	add(pairs, true, guest, host, tag);
}

void clock_host_first(struct clock_pairs *pairs, gint64 guest, gint64 host, guint64 tag)
{
	add(pairs, false, guest, host, tag);
}

bool clock_pairs_suffice(const struct clock_pairs *pairs)
{
	return pairs->guest_first > 0 && pairs->guest_first < pairs->count;
}

guint64 clock_pairs_count(const struct clock_pairs *pairs)
{
	return pairs->count;
}

void guest_clock_init(struct guest_clock *clock, const struct clock_pairs *pairs)
{
	*clock = (struct guest_clock){
		.origin = pairs->origin,
		.base = pairs->base,
		.pieces = g_array_new(FALSE, FALSE, sizeof(struct clock_piece)),
	};
}

void guest_clock_clear(struct guest_clock *clock)
{
	g_clear_pointer(&clock->pieces, g_array_unref);
}

void guest_clock_append(struct guest_clock *clock, const struct clock_piece *piece, double error)
{
	g_array_append_val(clock->pieces, *piece);
	/* Open to one side is what lies before all pairs of the one kind, or behind them. */
	if (isfinite(error))
		clock->bound = MAX(clock->bound, (gint64)ceil(error));
}

bool clock_fit_line(struct clock_pairs *pairs, gint64 begin, gint64 end, struct guest_clock *clock)
{
	struct clock_piece piece = {.floor = G_MININT64};
	double x = begin - pairs->origin, last = end - pairs->origin;

	if (!clock_band_fit(&pairs->band, &piece.line))
		return false;
	guest_clock_init(clock, pairs);
	guest_clock_append(clock, &piece,
			   MAX(clock_band_error(&pairs->band, &piece.line, x),
			       clock_band_error(&pairs->band, &piece.line, last)));
	return true;
}

static const struct clock_piece *piece_at(const struct guest_clock *clock, double x)
{
	guint low = 0, high = clock->pieces->len;

	while (high - low > 1) {
		guint middle = low + (high - low) / 2;

		if (g_array_index(clock->pieces, struct clock_piece, middle).from <= x)
			low = middle;
		else
			high = middle;
	}
	return &g_array_index(clock->pieces, struct clock_piece, low);
}

gint64 clock_to_host(const struct guest_clock *clock, gint64 guest)
{
	double x = guest - clock->origin;
	const struct clock_piece *piece = piece_at(clock, x);
	gint64 host = guest + clock->base + (gint64)llround(clock_line_at(&piece->line, x));

	return MAX(host, piece->floor);
}
