/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace/show/pack.h"
#include "base/varint.h"

struct pack {
	GByteArray *bytes;
	gint64 last; /* the time that the next is counted from */
};

static void put(struct pack *pack, guint64 value)
{
	varint_append(pack->bytes, value);
}

static void put_signed(struct pack *pack, gint64 value)
{
	put(pack, ((guint64)value << 1) ^ (guint64)(value >> 63));
}

/* TRACE_NONE becomes 0. */
static guint64 index_from(guint32 index, guint32 first)
{
	return index == TRACE_NONE ? 0 : (guint64)(index - first) + 1;
}

/* Which of the times are known, then each as the way from the one before. */
static void put_times(struct pack *pack, const gint64 *times, int n)
{
	guint64 known = 0;

	for (int i = 0; i < n; i++)
		known |= (guint64)(times[i] != TRACE_NEVER) << i;
	put(pack, known);
	for (int i = 0; i < n; i++) {
		if (times[i] == TRACE_NEVER)
			continue;
		put_signed(pack, times[i] - pack->last);
		pack->last = times[i];
	}
}

/* The next buffer's times are counted from where this one's begin, not from where they end. */
static gint64 first_time(const struct trace_buffer *buffer, gint64 otherwise)
{
	for (int i = 0; i < TRACE_MOMENTS; i++)
		if (buffer->at[i] != TRACE_NEVER)
			return buffer->at[i];
	return otherwise;
}

static void put_descriptor(struct pack *pack, const struct trace_descriptor *descriptor)
{
	put(pack, descriptor->addr >> 32);
	put(pack, descriptor->addr & G_MAXUINT32);
	put(pack, descriptor->len);
	put(pack, descriptor->flags);
	put(pack, descriptor->index);
}

/* Those of a buffer are with it: others, as of kc's own channel, are not in the page. */
static void put_chain(struct pack *pack, const struct trace *trace,
		      const struct trace_buffer *buffer)
{
	guint32 n = buffer->chain + ((buffer->flags & TRACE_INDIRECT) != 0);

	if (buffer->descriptors == TRACE_NONE)
		n = 0;
	put(pack, n);
	for (guint32 i = 0; i < n; i++)
		put_descriptor(pack, &trace->descriptors[buffer->descriptors + i]);
}

static void put_buffer(struct pack *pack, const struct trace *trace,
		       const struct trace_queue *queue, const struct trace_buffer *buffer)
{
	gint64 first = first_time(buffer, pack->last);

#define PUT(name, value, array) put(pack, value);
	TRACE_PACK_LIST(PUT)
#undef PUT
	put_times(pack, buffer->at, TRACE_MOMENTS);
	put_chain(pack, trace, buffer);
	pack->last = first;
}

static void put_kick(struct pack *pack, const struct trace_kick *kick)
{
	put(pack, kick->buffers);
	put_times(pack, (const gint64[]){kick->asked, kick->sent, kick->noticed}, 3);
}

static void put_interrupt(struct pack *pack, const struct trace_interrupt *interrupt)
{
	put(pack, interrupt->buffers);
	put(pack, interrupt->cpu);
	put(pack, interrupt->suppressed);
	put_times(pack, (const gint64[]){interrupt->raised, interrupt->taken}, 2);
}

static void put_queue(struct pack *pack, const struct trace *trace, const struct trace_queue *queue)
{
	pack->last = 0;
	for (guint32 i = 0; i < queue->n_buffers; i++)
		put_buffer(pack, trace, queue, &trace->buffers[queue->first_buffer + i]);
	pack->last = 0;
	for (guint32 i = 0; i < queue->n_kicks; i++)
		put_kick(pack, &trace->kicks[queue->first_kick + i]);
	pack->last = 0;
	for (guint32 i = 0; i < queue->n_interrupts; i++)
		put_interrupt(pack, &trace->interrupts[queue->first_interrupt + i]);
}

GByteArray *trace_pack(const struct trace *trace)
{
	struct pack pack = {.bytes = g_byte_array_new()};

	for (guint32 i = 0; i < trace->n_queues; i++)
		put_queue(&pack, trace, &trace->queues[i]);
	return pack.bytes;
}
