/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace/join/join.h"
#include "base/status.h"

static guint32 count_queues(const struct trace_join *join, guint32 device)
{
	return MAX(driver_side_queues(join->driver, device),
		   device_side_queues(join->device, device));
}

static struct link_terms terms_of(const struct trace_join *join, const struct guest_clock *clock)
{
	return (struct link_terms){
		.clock = clock,
		.begin = join->driver_begin,
		.driver_gaps = join->driver_gaps,
		.device_gaps = join->device_gaps,
		.driver_lost = join->driver_gaps->len > 0,
		.device_lost = join->device_gaps->len > 0,
	};
}

static bool link_queue(struct trace_join *join, struct trace_link *link, guint32 device,
		       guint32 number, const struct guest_clock *clock, GError **error)
{
	struct link_terms terms = terms_of(join, clock);
	g_autofree char *where = trace_queue_label(join->trace, device, number);

	return trace_link(link, driver_side_queue(join->driver, device, number),
			  device_side_queue(join->device, device, number), &terms, where, error);
}

static bool link_device(struct trace_join *join, guint32 device, const struct guest_clock *clock,
			GError **error)
{
	guint32 n = count_queues(join, device);

	join->links[device] = g_new0(struct trace_link, MAX(n, 1));
	for (guint32 i = 0; i < n; i++)
		if (!link_queue(join, &join->links[device][i], device, i, clock, error))
			return false;
	return true;
}

/* A queue in so few words that it fits above a half's index. */
static guint32 tag_of(guint32 device, guint32 queue)
{
	return device << 16 | queue;
}

static void gather_pairs(struct trace_join *join, guint32 device, struct clock_pairs *pairs)
{
	for (guint32 i = 0; i < count_queues(join, device); i++)
		if (join->links[device][i].of_driver)
			trace_link_pairs(&join->links[device][i], tag_of(device, i), pairs);
}

static void contradict(struct trace_join *join, const struct clock_contradiction *it,
		       GError **error)
{
	guint32 first = it->guest_first >> 32, second = it->host_first >> 32;
	g_autofree char *popped = trace_queue_label(join->trace, first >> 16, first & 0xffff);
	g_autofree char *collected = trace_queue_label(join->trace, second >> 16, second & 0xffff);

	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
		    "the order of events contradicts itself by %" G_GINT64_FORMAT " ns: no clock "
		    "has %s popped after it was added (its buffer %u) and %s collected after it "
		    "was pushed (its buffer %u)",
		    it->by, popped, (guint32)it->guest_first, collected, (guint32)it->host_first);
}

static struct clock_pairs *all_pairs(struct trace_join *join, bool keep)
{
	struct clock_pairs *pairs = clock_pairs_new(keep);

	for (guint32 i = 0; i < join->trace->n_devices; i++)
		if (join->links[i])
			gather_pairs(join, i, pairs);
	return pairs;
}

static bool fit_pieces(struct trace_join *join, GError **error)
{
	struct clock_pairs *pairs = all_pairs(join, true);
	struct clock_contradiction contradiction;
	bool fits = clock_fit_pieces(pairs, &join->clock, &contradiction);

	clock_pairs_free(pairs);
	if (!fits)
		contradict(join, &contradiction, error);
	return fits;
}

static bool fit(struct trace_join *join, struct clock_pairs *pairs, GError **error)
{
	if (!clock_pairs_suffice(pairs)) {
		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
			    "no buffer was seen on both sides, not even of kc's own channel: the "
			    "clocks of guest and host cannot be compared");
		return false;
	}
	return clock_fit_line(pairs, join->driver_begin, join->driver_end, &join->clock) ||
	       fit_pieces(join, error);
}

/* By all pairs that there are by now. */
static bool refit(struct trace_join *join, GError **error)
{
	struct clock_pairs *pairs = all_pairs(join, false);
	bool fits;

	guest_clock_clear(&join->clock);
	fits = fit(join, pairs, error);
	join->trace->clock.constraints = clock_pairs_count(pairs);
	clock_pairs_free(pairs);
	return fits;
}

static bool link_others(struct trace_join *join, GError **error)
{
	for (guint32 i = 0; i < join->trace->n_devices; i++)
		if (i != join->agent && !link_device(join, i, &join->clock, error))
			return false;
	return true;
}

static void link_rest(struct trace_join *join)
{
	struct link_terms terms = terms_of(join, &join->clock);

	for (guint32 i = 0; i < join->trace->n_devices; i++)
		for (guint32 j = 0; j < count_queues(join, i); j++)
			trace_link_rest(&join->links[i][j], &terms);
}

/*
 * kc's own channel is idle enough that its buffers are told apart without a
 * clock; by them the others, and by those the few that are left.
 */
static bool link_all(struct trace_join *join, GError **error)
{
	if (!link_device(join, join->agent, NULL, error) || !refit(join, error) ||
	    !link_others(join, error) || !refit(join, error))
		return false;
	link_rest(join);
	return refit(join, error);
}

static void fill_clock(struct trace_join *join)
{
	struct trace_clock *clock = &join->trace->clock;

	gint64 begin = clock_to_host(&join->clock, join->driver_begin);
	gint64 end = clock_to_host(&join->clock, join->driver_end);
	gint64 guest = join->driver_end - join->driver_begin;

	clock->offset_ns = begin - join->driver_begin;
	clock->drift = guest ? (double)(end - begin - guest) / guest : 0;
	clock->bound_ns = join->clock.bound;
	clock->jump_ns = join->clock.jump;
	clock->pieces = join->clock.pieces->len;
}

static void free_links(struct trace_join *join)
{
	for (guint32 i = 0; i < join->trace->n_devices; i++) {
		for (guint32 j = 0; join->links[i] && j < count_queues(join, i); j++)
			trace_link_clear(&join->links[i][j]);
		g_free(join->links[i]);
	}
	g_clear_pointer(&join->links, g_free);
}

bool trace_join(struct trace_join *join, GError **error)
{
	bool joined;

	join->links = g_new0(struct trace_link *, join->trace->n_devices + 1);
	joined = link_all(join, error);
	if (joined) {
		fill_clock(join);
		joined = trace_assemble(join, error);
	}
	free_links(join);
	guest_clock_clear(&join->clock);
	return joined;
}
