/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace.h"
#include "trace-event.h"

const char *trace_moment_name(enum trace_moment moment)
{
	static const char *const names[TRACE_MOMENTS] = {
		[TRACE_ADDED] = "added",	 [TRACE_KICKED] = "kicked",
		[TRACE_NOTIFIED] = "notified",	 [TRACE_POPPED] = "popped",
		[TRACE_FILLED] = "filled",	 [TRACE_PUSHED] = "pushed",
		[TRACE_RAISED] = "raised",	 [TRACE_TAKEN] = "taken",
		[TRACE_COLLECTED] = "collected",
	};

	return names[moment];
}

const char *trace_stage_name(enum trace_stage stage)
{
	static const char *const names[TRACE_STAGES] = {
		[TRACE_STAGE_KICK] = "waiting for the kick",
		[TRACE_STAGE_WAY] = "on the way",
		[TRACE_STAGE_DEVICE] = "in the device",
		[TRACE_STAGE_INTERRUPT] = "waiting for the interrupt",
		[TRACE_STAGE_DRIVER] = "in the driver",
		[TRACE_STAGE_TOTAL] = "in total",
	};

	return names[stage];
}

const char *trace_fate_name(enum trace_fate fate)
{
	static const char *const names[TRACE_FATES] = {
		[TRACE_COMPLETE] = "complete",
		[TRACE_AT_START] = "in flight at the start",
		[TRACE_AT_END] = "in flight at the end",
		[TRACE_REFUSED] = "refused by the ring",
		[TRACE_WITHDRAWN] = "withdrawn",
		[TRACE_DROPPED] = "dropped by the device",
		[TRACE_TOUCHED] = "touched by lost events",
		[TRACE_DRIVER_ONLY] = "driver's side only",
		[TRACE_UNASKED] = "given back but not taken",
		[TRACE_UNADDED] = "taken but not added",
	};

	return names[fate];
}

static gint64 first_known(gint64 a, gint64 b)
{
	return a != TRACE_NEVER ? a : b;
}

/* A buffer that the device took before the kick for it was sent did not wait for that kick. */
static gint64 kick_waited_for(const struct trace_buffer *buffer)
{
	gint64 kicked = buffer->at[TRACE_KICKED];
	gint64 popped = buffer->at[TRACE_POPPED];

	return popped != TRACE_NEVER && kicked > popped ? TRACE_NEVER : kicked;
}

bool trace_buffer_stage(const struct trace_buffer *buffer, enum trace_stage stage, gint64 *begin,
			gint64 *end)
{
	const gint64 *at = buffer->at;

	switch (stage) {
	case TRACE_STAGE_KICK:
		*begin = at[TRACE_ADDED];
		*end = kick_waited_for(buffer);
		break;
	case TRACE_STAGE_WAY:
		*begin = first_known(kick_waited_for(buffer), at[TRACE_ADDED]);
		*end = at[TRACE_POPPED];
		break;
	case TRACE_STAGE_DEVICE:
		*begin = at[TRACE_POPPED];
		*end = at[TRACE_PUSHED];
		break;
	case TRACE_STAGE_INTERRUPT:
		*begin = at[TRACE_PUSHED];
		*end = at[TRACE_TAKEN];
		break;
	case TRACE_STAGE_DRIVER:
		*begin = first_known(at[TRACE_TAKEN], at[TRACE_PUSHED]);
		*end = at[TRACE_COLLECTED];
		break;
	default:
		*begin = at[TRACE_ADDED];
		*end = at[TRACE_COLLECTED];
	}
	return *begin != TRACE_NEVER && *end != TRACE_NEVER;
}

void trace_clear(struct trace *trace)
{
	for (guint32 i = 0; i < trace->n_devices; i++) {
		g_free(trace->devices[i].name);
		g_free(trace->devices[i].path);
		g_free(trace->devices[i].guest_name);
		g_free(trace->devices[i].bus);
	}
	for (guint32 i = 0; i < trace->n_queues; i++)
		g_free(trace->queues[i].name);
	g_free(trace->devices);
	g_free(trace->queues);
	g_free(trace->buffers);
	g_free(trace->descriptors);
	g_free(trace->kicks);
	g_free(trace->interrupts);
	g_free(trace->command);
	g_free(trace->kernel);
}

void trace_free(struct trace *trace)
{
	if (trace)
		trace_clear(trace);
	g_free(trace);
}

bool trace_lost_between(const GArray *gaps, gint64 from, gint64 to)
{
	for (guint i = 0; i < gaps->len; i++) {
		const struct trace_gap *gap = &g_array_index(gaps, struct trace_gap, i);

		if (gap->from <= to && gap->to >= from)
			return true;
	}
	return false;
}
