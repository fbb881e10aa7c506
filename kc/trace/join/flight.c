/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace/join/flight.h"

#include <stdlib.h>

gint64 trace_flight_begin(const struct trace_buffer *buffer)
{
	gint64 first = G_MAXINT64;

	if (buffer->at[TRACE_ADDED] != TRACE_NEVER)
		return buffer->at[TRACE_ADDED];
	for (int i = 0; i < TRACE_MOMENTS; i++)
		if (buffer->at[i] != TRACE_NEVER)
			first = MIN(first, buffer->at[i]);
	return buffer->fate == TRACE_AT_START ? MIN(first, 0) : first;
}

gint64 trace_flight_end(const struct trace_buffer *buffer)
{
	gint64 last = buffer->at[TRACE_COLLECTED];

	if (buffer->fate == TRACE_AT_END)
		return G_MAXINT64;
	for (int i = 0; buffer->at[TRACE_COLLECTED] == TRACE_NEVER && i < TRACE_MOMENTS; i++)
		last = MAX(last, buffer->at[i]); /* TRACE_NEVER is less than any time */
	return last;
}

static int compare_times(const void *a, const void *b)
{
	const gint64 *first = a, *second = b;

	return (*first > *second) - (*first < *second);
}

void trace_flight_init(struct trace_flight *flight, const struct trace_buffer *buffers, guint32 n)
{
	*flight = (struct trace_flight){
		.begins = g_new(gint64, n),
		.ends = g_new(gint64, n),
	};
	for (guint32 i = 0; i < n; i++) {
		if (buffers[i].fate == TRACE_REFUSED || buffers[i].fate == TRACE_UNASKED ||
		    buffers[i].fate == TRACE_UNADDED)
			continue;
		flight->begins[flight->n++] = trace_flight_begin(&buffers[i]);
		if (buffers[i].fate != TRACE_AT_END)
			flight->ends[flight->n_ends++] = trace_flight_end(&buffers[i]);
	}
	qsort(flight->begins, flight->n, sizeof(gint64), compare_times);
	qsort(flight->ends, flight->n_ends, sizeof(gint64), compare_times);
}

void trace_flight_clear(struct trace_flight *flight)
{
	g_free(flight->begins);
	g_free(flight->ends);
}

bool trace_flight_next(struct trace_flight *flight, gint64 *time, guint32 *count)
{
	gint64 begin = flight->begun < flight->n ? flight->begins[flight->begun] : G_MAXINT64;
	gint64 end = flight->ended < flight->n_ends ? flight->ends[flight->ended] : G_MAXINT64;

	*time = MIN(begin, end);
	if (*time == G_MAXINT64)
		return false;
	while (flight->begun < flight->n && flight->begins[flight->begun] == *time)
		flight->begun++;
	while (flight->ended < flight->n_ends && flight->ends[flight->ended] == *time)
		flight->ended++;
	*count = flight->begun - flight->ended;
	return true;
}
