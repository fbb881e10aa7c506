/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Statistics of a trace, against figures made the slow way from its records. */
#include "trace/join/flight.h"
#include "trace/join/stats.h"
#include "fake.h"
#include "../unit.h"

#include <stdlib.h>

#define NEVER TRACE_NEVER

static int compare(const void *a, const void *b)
{
	const gint64 *first = a, *second = b;

	return (*first > *second) - (*first < *second);
}

/* The smallest of which at least @percent in 100 are not larger. */
static gint64 slow_rank(const gint64 *sorted, guint n, guint percent)
{
	for (guint i = 0; i < n; i++)
		if ((guint64)(i + 1) * 100 >= (guint64)n * percent)
			return sorted[i];
	return NEVER;
}

static gint64 slow_stage(const gint64 *at, enum trace_stage stage)
{
	bool waited = at[TRACE_KICKED] != NEVER &&
		      (at[TRACE_POPPED] == NEVER || at[TRACE_KICKED] <= at[TRACE_POPPED]);
	const gint64 ends[TRACE_STAGES][2] = {
		{at[TRACE_ADDED], waited ? at[TRACE_KICKED] : NEVER},
		{waited ? at[TRACE_KICKED] : at[TRACE_ADDED], at[TRACE_POPPED]},
		{at[TRACE_POPPED], at[TRACE_PUSHED]},
		{at[TRACE_PUSHED], at[TRACE_TAKEN]},
		{at[TRACE_TAKEN] != NEVER ? at[TRACE_TAKEN] : at[TRACE_PUSHED],
		 at[TRACE_COLLECTED]},
		{at[TRACE_ADDED], at[TRACE_COLLECTED]},
	};

	if (ends[stage][0] == NEVER || ends[stage][1] == NEVER)
		return NEVER;
	return ends[stage][1] - ends[stage][0];
}

static void check_stage(const struct trace_latency *said, const struct trace_buffer *buffers,
			guint n, enum trace_stage stage)
{
	g_autofree gint64 *times = g_new(gint64, n);
	guint seen = 0;

	for (guint i = 0; i < n; i++) {
		times[seen] = slow_stage(buffers[i].at, stage);
		seen += times[seen] != NEVER;
	}
	qsort(times, seen, sizeof(*times), compare);
	assert_int_equal(said->count, seen);
	if (!seen)
		return;
	assert_int_equal(said->p50, slow_rank(times, seen, 50));
	assert_int_equal(said->p90, slow_rank(times, seen, 90));
	assert_int_equal(said->p99, slow_rank(times, seen, 99));
	assert_int_equal(said->max, times[seen - 1]);
}

static void check_sums(const struct trace_stats *said, const struct trace_buffer *buffers, guint n)
{
	guint64 out = 0, in = 0, written = 0, popped = 0, chain = 0, indirect = 0, complete = 0;
	guint64 overlong = 0, excess = 0;

	for (guint i = 0; i < n; i++) {
		complete += buffers[i].fate == TRACE_COMPLETE;
		if (buffers[i].at[TRACE_POPPED] == NEVER)
			continue;
		popped++;
		out += buffers[i].out_bytes;
		in += buffers[i].in_bytes;
		written += buffers[i].written;
		if (buffers[i].flags & TRACE_OVERLONG) {
			overlong++;
			excess += buffers[i].written - buffers[i].in_bytes;
		}
		chain += buffers[i].chain;
		indirect += (buffers[i].flags & TRACE_INDIRECT) != 0;
	}
	assert_int_equal(said->buffers, n);
	assert_int_equal(said->fates[TRACE_COMPLETE], complete);
	assert_int_equal(said->popped, popped);
	assert_int_equal(said->out_bytes, out);
	assert_int_equal(said->in_bytes, in);
	assert_int_equal(said->written + said->excess, written);
	assert_true(said->written <= said->in_bytes);
	assert_int_equal(said->overlong, overlong);
	assert_int_equal(said->excess, excess);
	assert_int_equal(said->descriptors, chain);
	assert_int_equal(said->indirect, indirect);
}

static void check(const struct trace_stats *said, const struct trace_buffer *buffers, guint n)
{
	check_sums(said, buffers, n);
	for (int stage = 0; stage < TRACE_STAGES; stage++)
		check_stage(&said->stages[stage], buffers, n, stage);
}

/* One buffer is looked at when each other one begins: the most of those is the most. */
static guint slow_most(const struct trace_buffer *buffers, guint n)
{
	guint most = 0;

	for (guint i = 0; i < n; i++) {
		gint64 time = buffers[i].at[TRACE_ADDED];
		guint count = 0;

		for (guint j = 0; j < n; j++)
			count += buffers[j].fate != TRACE_REFUSED &&
				 buffers[j].at[TRACE_ADDED] <= time &&
				 (buffers[j].at[TRACE_COLLECTED] == NEVER ||
				  buffers[j].at[TRACE_COLLECTED] > time);
		if (buffers[i].fate != TRACE_REFUSED)
			most = MAX(most, count);
	}
	return most;
}

static void test_joined(void **state)
{
	(void)state;
	for (int packed = 0; packed < 2; packed++) {
		struct trace *trace = fake_run(packed, 16, 3, 3000, packed);
		const struct trace_queue *queue = &trace->queues[0];

		assert_int_equal(trace->n_queues, 1);
		assert_true(trace->n_buffers > 500);
		check(&queue->stats, trace->buffers, trace->n_buffers);
		check(&trace->total, trace->buffers, trace->n_buffers);
		assert_int_equal(queue->stats.in_flight_max,
				 slow_most(trace->buffers, trace->n_buffers));
		assert_int_equal(trace->total.in_flight_max, queue->stats.in_flight_max);
		trace_free(trace);
	}
}

/* Any moments may be missing; many times are alike. */
static void make_up(GRand *rand, struct trace_buffer *buffer)
{
	gint64 time = g_rand_int_range(rand, 0, 100000);

	for (int m = 0; m < TRACE_MOMENTS; m++) {
		time += g_rand_int_range(rand, 0, 4) * g_rand_int_range(rand, 0, 300);
		buffer->at[m] = g_rand_int_range(rand, 0, 8) ? time : NEVER;
	}
	buffer->at[TRACE_ADDED] = MAX(buffer->at[TRACE_ADDED], 0);
	buffer->fate = buffer->at[TRACE_COLLECTED] == NEVER ? TRACE_AT_END : TRACE_COMPLETE;
	buffer->out_bytes = g_rand_int(rand);
	buffer->in_bytes = g_rand_int(rand);
	buffer->written = g_rand_int(rand);
	buffer->chain = g_rand_int_range(rand, 1, 9);
	buffer->flags = g_rand_int_range(rand, 0, 16);
	if (buffer->written > buffer->in_bytes)
		buffer->flags |= TRACE_OVERLONG;
}

static struct trace *make_queues(GRand *rand, guint n_queues)
{
	struct trace *trace = g_new0(struct trace, 1);

	trace->n_queues = n_queues;
	trace->queues = g_new0(struct trace_queue, n_queues);
	trace->buffers = g_new0(struct trace_buffer, n_queues * 300);
	for (guint q = 0; q < n_queues; q++) {
		trace->queues[q].first_buffer = trace->n_buffers;
		trace->queues[q].n_buffers = g_rand_int_range(rand, 0, 300);
		trace->queues[q].stats.in_flight_max = 1;
		for (guint i = 0; i < trace->queues[q].n_buffers; i++)
			make_up(rand, &trace->buffers[trace->n_buffers++]);
	}
	return trace;
}

static void test_made_up(void **state)
{
	GRand *rand = g_rand_new_with_seed(11);

	(void)state;
	for (guint n = 0; n < 40; n++) {
		struct trace *trace = make_queues(rand, n % 8);

		trace_summarise(trace);
		for (guint q = 0; q < trace->n_queues; q++)
			check(&trace->queues[q].stats,
			      trace->buffers + trace->queues[q].first_buffer,
			      trace->queues[q].n_buffers);
		check(&trace->total, trace->buffers, trace->n_buffers);
		if (trace->n_queues != 1)
			assert_int_equal(trace->total.in_flight_max,
					 slow_most(trace->buffers, trace->n_buffers));
		trace_free(trace);
	}
	g_rand_free(rand);
}

/* Each rank of 1 to 300 values, all different, and all alike. */
static void test_ranks(void **state)
{
	struct trace_buffer buffers[300] = {0};
	struct trace_queue queue = {.stats.in_flight_max = 1};
	struct trace trace = {.queues = &queue, .n_queues = 1, .buffers = buffers};

	(void)state;
	for (guint n = 1; n <= G_N_ELEMENTS(buffers); n++) {
		for (guint i = 0; i < n; i++) {
			for (int m = 0; m < TRACE_MOMENTS; m++)
				buffers[i].at[m] = NEVER;
			buffers[i].at[TRACE_POPPED] = 0;
			buffers[i].at[TRACE_PUSHED] = n % 2 ? (i * 77) % n : 5;
		}
		queue.n_buffers = trace.n_buffers = n;
		queue.stats = (struct trace_stats){.in_flight_max = 1};
		trace.total = (struct trace_stats){0};
		trace_summarise(&trace);
		check_stage(&queue.stats.stages[TRACE_STAGE_DEVICE], buffers, n,
			    TRACE_STAGE_DEVICE);
	}
}

/* Several interrupts may be taken at once, and a kick asked for need not be sent. */
static void test_signals(void **state)
{
	struct trace_kick kicks[] = {
		{.asked = 1, .sent = 2, .noticed = 3},
		{.asked = 4, .sent = NEVER, .noticed = NEVER},
		{.asked = 5, .sent = 6, .noticed = NEVER},
		{.asked = NEVER, .sent = NEVER, .noticed = 7},
	};
	struct trace_interrupt interrupts[] = {
		{.raised = 1, .taken = 9},
		{.raised = 2, .taken = 9},
		{.raised = NEVER, .taken = NEVER, .suppressed = true},
		{.raised = 10, .taken = NEVER},
		{.raised = 11, .taken = 12},
	};
	struct trace_queue queue = {.n_kicks = 4, .n_interrupts = 5};
	struct trace trace = {
		.queues = &queue,
		.n_queues = 1,
		.kicks = kicks,
		.interrupts = interrupts,
	};

	(void)state;
	trace_summarise(&trace);
	assert_int_equal(queue.stats.kicks_asked, 3);
	assert_int_equal(queue.stats.kicks_sent, 2);
	assert_int_equal(queue.stats.kicks_suppressed, 1);
	assert_int_equal(queue.stats.kicks_noticed, 2);
	assert_int_equal(queue.stats.interrupts_raised, 4);
	assert_int_equal(queue.stats.interrupts_suppressed, 1);
	assert_int_equal(queue.stats.interrupts_taken, 2);
	assert_int_equal(trace.total.kicks_asked, 3);
	assert_int_equal(trace.total.interrupts_taken, 2);
}

static void test_flight(void **state)
{
	struct trace_buffer buffers[3];
	static const struct {
		gint64 time;
		guint32 count;
	} truth[] = {{-5, 1}, {10, 2}, {20, 2}, {30, 1}};
	struct trace_flight flight;
	guint32 count;
	gint64 time;

	(void)state;
	for (int i = 0; i < 3; i++)
		for (int m = 0; m < TRACE_MOMENTS; m++)
			buffers[i].at[m] = NEVER;
	buffers[0].fate = TRACE_AT_START;
	buffers[0].at[TRACE_POPPED] = -5;
	buffers[0].at[TRACE_COLLECTED] = 20;
	buffers[1].fate = TRACE_AT_END;
	buffers[1].at[TRACE_ADDED] = 10;
	buffers[2].fate = TRACE_COMPLETE;
	buffers[2].at[TRACE_ADDED] = 20;
	buffers[2].at[TRACE_COLLECTED] = 30;
	trace_flight_init(&flight, buffers, 3);
	for (guint i = 0; i < G_N_ELEMENTS(truth); i++) {
		assert_true(trace_flight_next(&flight, &time, &count));
		assert_int_equal(time, truth[i].time);
		assert_int_equal(count, truth[i].count);
	}
	assert_false(trace_flight_next(&flight, &time, &count));
	trace_flight_clear(&flight);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_joined), cmocka_unit_test(test_made_up),
	cmocka_unit_test(test_ranks),  cmocka_unit_test(test_signals),
	cmocka_unit_test(test_flight),
};

UNIT_MAIN(tests)
