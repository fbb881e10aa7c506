/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace/trace.h"

#define WORDS(name, words) words,

const char *trace_moment_name(enum trace_moment moment)
{
	static const char *const names[] = {TRACE_MOMENT_LIST(WORDS)};

	return names[moment];
}

const char *trace_stage_name(enum trace_stage stage)
{
	static const char *const names[] = {TRACE_STAGE_LIST(WORDS)};

	return names[stage];
}

const char *trace_fate_name(enum trace_fate fate)
{
	static const char *const names[] = {TRACE_FATE_LIST(WORDS)};

	return names[fate];
}

#define COUNT(name, member) ((struct trace_count){name, offsetof(struct trace_stats, member)})

const struct trace_count trace_counts[] = {
	COUNT("buffers", buffers),
	COUNT("out_bytes", out_bytes),
	COUNT("in_bytes", in_bytes),
	COUNT("written_bytes", written),
	COUNT("overlong", overlong),
	COUNT("excess_bytes", excess),
	COUNT("popped", popped),
	COUNT("descriptors", descriptors),
	COUNT("indirect", indirect),
	COUNT("kicks_asked", kicks_asked),
	COUNT("kicks_sent", kicks_sent),
	COUNT("kicks_suppressed", kicks_suppressed),
	COUNT("kicks_noticed", kicks_noticed),
	COUNT("interrupts_raised", interrupts_raised),
	COUNT("interrupts_suppressed", interrupts_suppressed),
	COUNT("interrupts_taken", interrupts_taken),
	{.name = NULL},
};

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

char *trace_queue_label(const struct trace *trace, guint32 device, guint32 queue)
{
	const struct trace_device *it = &trace->devices[device];

	return g_strdup_printf("%s (%s) queue %u", it->name,
			       it->guest_name ? it->guest_name : "not seen by the guest", queue);
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
