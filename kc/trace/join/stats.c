/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace/join/stats.h"
#include "trace/join/flight.h"

#include <math.h>

static void count_buffer(struct trace_stats *stats, const struct trace_buffer *buffer)
{
	stats->buffers++;
	stats->fates[buffer->fate]++;
	if (buffer->at[TRACE_POPPED] == TRACE_NEVER)
		return;
	stats->popped++;
	stats->out_bytes += buffer->out_bytes;
	stats->in_bytes += buffer->in_bytes;
	stats->written += MIN(buffer->written, buffer->in_bytes);
	if (buffer->flags & TRACE_OVERLONG) {
		stats->overlong++;
		stats->excess += buffer->written - buffer->in_bytes;
	}
	stats->descriptors += buffer->chain;
	stats->indirect += (buffer->flags & TRACE_INDIRECT) != 0;
}

static void count_kick(struct trace_stats *stats, const struct trace_kick *kick)
{
	stats->kicks_asked += kick->asked != TRACE_NEVER;
	stats->kicks_sent += kick->sent != TRACE_NEVER;
	stats->kicks_suppressed += kick->asked != TRACE_NEVER && kick->sent == TRACE_NEVER;
	stats->kicks_noticed += kick->noticed != TRACE_NEVER;
}

static void count_interrupt(struct trace_stats *stats, const struct trace_interrupt *interrupt,
			    gint64 *last_taken)
{
	stats->interrupts_raised += interrupt->raised != TRACE_NEVER;
	stats->interrupts_suppressed += interrupt->suppressed;
	/* Several may be raised before one is taken. */
	if (interrupt->taken != TRACE_NEVER && interrupt->taken != *last_taken) {
		stats->interrupts_taken++;
		*last_taken = interrupt->taken;
	}
}

static void swap(gint64 *a, gint64 *b)
{
	gint64 kept = *a;

	*a = *b;
	*b = kept;
}

/*
 * Puts the value of this rank where sorting would put it, smaller ones before
 * and larger ones behind it (quickselect).
 */
static gint64 select_rank(gint64 *values, gsize low, gsize high, gsize rank)
{
	while (high - low > 1) {
		gint64 pivot = values[low + (high - low) / 2];
		gsize i = low, j = high - 1;

		for (;;) {
			while (values[i] < pivot)
				i++;
			while (values[j] > pivot)
				j--;
			if (i >= j)
				break;
			swap(&values[i++], &values[j--]);
		}
		/* Where both stopped at one value, that is in its place. */
		if (rank > j)
			low = j + 1;
		else if (i > j)
			high = j + 1;
		else if (rank < j)
			high = j;
		else
			break;
	}
	return values[rank];
}

static void measure(struct trace_latency *latency, gint64 *values, gsize n)
{
	static const double shares[] = {0.50, 0.90, 0.99, 1.0};
	gint64 *const results[] = {&latency->p50, &latency->p90, &latency->p99, &latency->max};
	gsize low = 0;

	latency->count = n;
	for (int i = 0; n && i < 4; i++) {
		gsize rank = MAX((gsize)ceil(shares[i] * n), 1) - 1;

		*results[i] = select_rank(values, low, n, rank);
		low = rank;
	}
}

static void measure_stage(struct trace_stats *stats, const struct trace_buffer *buffers, guint32 n,
			  enum trace_stage stage, gint64 *values)
{
	gint64 begin, end;
	gsize seen = 0;

	for (guint32 i = 0; i < n; i++)
		if (trace_buffer_stage(&buffers[i], stage, &begin, &end))
			values[seen++] = end - begin;
	measure(&stats->stages[stage], values, seen);
}

static void measure_stages(struct trace_stats *stats, const struct trace_buffer *buffers, guint32 n,
			   gint64 *values)
{
	for (int stage = 0; stage < TRACE_STAGES; stage++)
		measure_stage(stats, buffers, n, stage, values);
}

static void summarise_queue(const struct trace *trace, struct trace_queue *queue, gint64 *values)
{
	const struct trace_buffer *buffers = trace->buffers + queue->first_buffer;
	gint64 last_taken = TRACE_NEVER;

	for (guint32 i = 0; i < queue->n_buffers; i++)
		count_buffer(&queue->stats, &buffers[i]);
	for (guint32 i = 0; i < queue->n_kicks; i++)
		count_kick(&queue->stats, &trace->kicks[queue->first_kick + i]);
	for (guint32 i = 0; i < queue->n_interrupts; i++)
		count_interrupt(&queue->stats, &trace->interrupts[queue->first_interrupt + i],
				&last_taken);
	measure_stages(&queue->stats, buffers, queue->n_buffers, values);
}

static void add_up(struct trace_stats *total, const struct trace_stats *stats)
{
	for (const struct trace_count *count = trace_counts; count->name; count++)
		*trace_count(total, count) += *trace_count(stats, count);
	for (int i = 0; i < TRACE_FATES; i++)
		total->fates[i] += stats->fates[i];
	total->in_flight_mean += stats->in_flight_mean;
}

/* Not the sum, as each queue has its most at a time of its own. 0: of one it is not known. */
static guint32 most_in_flight(const struct trace *trace)
{
	struct trace_flight flight;
	guint32 count, most = 0;
	gint64 time;

	for (guint32 i = 0; i < trace->n_queues; i++)
		if (trace->queues[i].n_buffers && !trace->queues[i].stats.in_flight_max)
			return 0;
	trace_flight_init(&flight, trace->buffers, trace->n_buffers);
	while (trace_flight_next(&flight, &time, &count))
		most = MAX(most, count);
	trace_flight_clear(&flight);
	return most;
}

void trace_summarise(struct trace *trace)
{
	g_autofree gint64 *values = g_new(gint64, MAX(trace->n_buffers, 1));

	for (guint32 i = 0; i < trace->n_queues; i++) {
		summarise_queue(trace, &trace->queues[i], values);
		add_up(&trace->total, &trace->queues[i].stats);
	}
	if (trace->n_queues == 1)
		trace->total.in_flight_max = trace->queues[0].stats.in_flight_max;
	else
		trace->total.in_flight_max = most_in_flight(trace);
	measure_stages(&trace->total, trace->buffers, trace->n_buffers, values);
}
