/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A trace for Perfetto: for each device a track, below it one for each queue,
 * and below that one for each side and one that counts what is in flight. As
 * buffers overlap, and what is on a track must nest, each side is made of rows,
 * one a head: only one buffer has it at a time. Perfetto shows the rows of a
 * side as one track. A flow leads a buffer from side to side.
 */
#include "base/output.h"
#include "trace/show/perfetto.h"
#include "trace/join/flight.h"
#include "trace/show/show.h"

#define SIGNALS 65536 /* the row of kicks and interrupts: beyond all heads */
#define ROWS (SIGNALS + 1)

enum side { DRIVER, DEVICE, SIDES };

enum flow { FLOW_BUFFER, FLOW_KICK, FLOW_INTERRUPT, FLOWS };

struct writer {
	struct perfetto to;
	const struct trace *trace;
	guint32 index; /* of the queue in hand */
	gint64 (*until)[ROWS]; /* by side: how far a row is written */
};

static guint64 device_track(guint32 device)
{
	return (guint64)device * 4 + 4;
}

static guint64 queue_track(guint32 queue)
{
	return (guint64)queue * 4 + 5;
}

static guint64 count_track(guint32 queue)
{
	return (guint64)queue * 4 + 6;
}

static guint64 row_track(guint32 queue, enum side side, guint32 row)
{
	return (((guint64)queue * SIDES + side) * ROWS + row) * 4 + 7;
}

static guint64 flow_number(enum flow kind, guint32 index)
{
	return (guint64)index * FLOWS + kind + 1;
}

/* Words stay where they are: they are those of trace.h. */
static void put_event(struct writer *writer, enum perfetto_type type, enum side side, guint32 row,
		      gint64 time, const char *name)
{
	gint64 *until = &writer->until[side][row];

	/* Where an event was lost, when a row became free is known to the clock's error only. */
	if (row != SIGNALS)
		time = MAX(*until, time);
	*until = time;
	perfetto_start(&writer->to, type, row_track(writer->index, side, row), time);
	if (name)
		perfetto_name(&writer->to, name);
}

static void need_row(struct writer *writer, enum side side, guint32 row)
{
	static const char *const names[SIDES] = {"driver", "device"};
	const struct perfetto_track track = {
		.id = row_track(writer->index, side, row),
		.parent = queue_track(writer->index),
		.rank = side,
		.name = names[side],
	};

	if (writer->until[side][row] == TRACE_NEVER)
		perfetto_put_track(&writer->to, &track);
}

static bool was(const struct trace_buffer *buffer, enum trace_moment moment)
{
	return buffer->at[moment] != TRACE_NEVER;
}

static void send_with_flow(struct writer *writer, const struct trace_buffer *buffer, bool last)
{
	guint32 index = buffer - writer->trace->buffers;

	perfetto_flow(&writer->to, flow_number(FLOW_BUFFER, index), last);
	perfetto_send(&writer->to);
}

static void put_end(struct writer *writer, enum side side, guint32 row, gint64 time)
{
	put_event(writer, PERFETTO_END, side, row, time, NULL);
	perfetto_send(&writer->to);
}

/* Of no length: an instant of Perfetto's would not lie in what is begun on its row. */
static void put_moment(struct writer *writer, const struct trace_buffer *buffer, enum side side,
		       enum trace_moment moment)
{
	put_event(writer, PERFETTO_BEGIN, side, buffer->head, buffer->at[moment],
		  trace_moment_name(moment));
	send_with_flow(writer, buffer, moment == TRACE_COLLECTED);
	put_end(writer, side, buffer->head, buffer->at[moment]);
}

static bool put_stage(struct writer *writer, const struct trace_buffer *buffer,
		      enum trace_stage stage)
{
	gint64 begin, end;

	if (!trace_buffer_stage(buffer, stage, &begin, &end))
		return false;
	put_event(writer, PERFETTO_BEGIN, DRIVER, buffer->head, begin, trace_stage_name(stage));
	send_with_flow(writer, buffer, stage == TRACE_STAGE_DRIVER);
	put_end(writer, DRIVER, buffer->head, end);
	return true;
}

/* For the driver it is in flight all the time; first it is not kicked yet, last it is back. */
static void put_drivers_side(struct writer *writer, const struct trace_buffer *buffer)
{
	need_row(writer, DRIVER, buffer->head);
	put_event(writer, PERFETTO_BEGIN, DRIVER, buffer->head, trace_flight_begin(buffer),
		  "buffer");
	perfetto_note(&writer->to, "buffer", buffer - writer->trace->buffers);
	perfetto_note(&writer->to, "head", buffer->head);
	perfetto_note_text(&writer->to, "fate", trace_fate_name(buffer->fate));
	perfetto_note(&writer->to, "out_bytes", buffer->out_bytes);
	perfetto_note(&writer->to, "in_bytes", buffer->in_bytes);
	perfetto_note(&writer->to, "written_bytes", buffer->written);
	if (buffer->flags & TRACE_OVERLONG)
		perfetto_note_text(&writer->to, "WRONG",
				   "the device wrote more than there is room");
	perfetto_note(&writer->to, "descriptors", buffer->chain);
	perfetto_send(&writer->to);
	if (!put_stage(writer, buffer, TRACE_STAGE_KICK) && was(buffer, TRACE_ADDED))
		put_moment(writer, buffer, DRIVER, TRACE_ADDED);
	if (!put_stage(writer, buffer, TRACE_STAGE_DRIVER) && was(buffer, TRACE_COLLECTED))
		put_moment(writer, buffer, DRIVER, TRACE_COLLECTED);
	if (buffer->fate != TRACE_AT_END)
		put_end(writer, DRIVER, buffer->head, trace_flight_end(buffer));
}

/* What is still in the device at the trace's end has no end. */
static void put_devices_side(struct writer *writer, const struct trace_buffer *buffer)
{
	enum trace_moment end = was(buffer, TRACE_PUSHED)   ? TRACE_PUSHED
				: was(buffer, TRACE_FILLED) ? TRACE_FILLED
							    : TRACE_POPPED;

	need_row(writer, DEVICE, buffer->head);
	if (!was(buffer, TRACE_POPPED)) {
		put_moment(writer, buffer, DEVICE, TRACE_PUSHED);
		return;
	}
	put_event(writer, PERFETTO_BEGIN, DEVICE, buffer->head, buffer->at[TRACE_POPPED],
		  trace_stage_name(TRACE_STAGE_DEVICE));
	send_with_flow(writer, buffer, false);
	if (end == TRACE_PUSHED || buffer->fate != TRACE_AT_END)
		put_end(writer, DEVICE, buffer->head, buffer->at[end]);
}

static void put_buffer(struct writer *writer, const struct trace_buffer *buffer)
{
	if (buffer->fate == TRACE_REFUSED) {
		need_row(writer, DRIVER, SIGNALS);
		put_event(writer, PERFETTO_INSTANT, DRIVER, SIGNALS, buffer->at[TRACE_ADDED],
			  trace_fate_name(TRACE_REFUSED));
		perfetto_send(&writer->to);
		return;
	}
	if (was(buffer, TRACE_ADDED) || was(buffer, TRACE_COLLECTED) ||
	    buffer->fate == TRACE_AT_START)
		put_drivers_side(writer, buffer);
	if (was(buffer, TRACE_POPPED) || was(buffer, TRACE_PUSHED))
		put_devices_side(writer, buffer);
}

/* Sent by one side, seen by the other: which may see several as one. */
struct signal {
	enum side from;
	enum trace_moment sent, seen;
	enum flow flow;
	guint32 first; /* of those that are seen as one */
};

static void put_signal(struct writer *writer, const struct signal *signal, enum side side,
		       gint64 time, guint32 buffers)
{
	enum trace_moment moment = side == signal->from ? signal->sent : signal->seen;

	need_row(writer, side, SIGNALS);
	put_event(writer, PERFETTO_INSTANT, side, SIGNALS, time, trace_moment_name(moment));
	perfetto_note(&writer->to, "buffers", buffers);
}

static void put_sent(struct writer *writer, const struct signal *signal, guint32 index, gint64 time,
		     guint32 buffers)
{
	put_signal(writer, signal, signal->from, time, buffers);
	perfetto_flow(&writer->to, flow_number(signal->flow, index), false);
	perfetto_send(&writer->to);
}

/* Those from signal->first to @index, which have @buffers. */
static void put_seen(struct writer *writer, const struct signal *signal, guint32 index, gint64 time,
		     guint32 buffers)
{
	put_signal(writer, signal, !signal->from, time, buffers);
	for (guint32 i = signal->first; i <= index; i++)
		perfetto_flow(&writer->to, flow_number(signal->flow, i), true);
	perfetto_send(&writer->to);
}

static void put_kicks(struct writer *writer, const struct trace_queue *queue)
{
	struct signal signal = {DRIVER, TRACE_KICKED, TRACE_NOTIFIED, FLOW_KICK, 0};

	for (guint32 i = queue->first_kick; i < queue->first_kick + queue->n_kicks; i++) {
		const struct trace_kick *kick = &writer->trace->kicks[i];

		signal.first = i;
		if (kick->sent != TRACE_NEVER)
			put_sent(writer, &signal, i, kick->sent, kick->buffers);
		if (kick->noticed != TRACE_NEVER)
			put_seen(writer, &signal, i, kick->noticed, kick->buffers);
	}
}

static void put_interrupts(struct writer *writer, const struct trace_queue *queue)
{
	struct signal signal = {DEVICE, TRACE_RAISED, TRACE_TAKEN, FLOW_INTERRUPT, 0};
	const struct trace_interrupt *all = writer->trace->interrupts;
	guint32 end = queue->first_interrupt + queue->n_interrupts;
	guint32 buffers = 0;

	signal.first = queue->first_interrupt;
	for (guint32 i = signal.first; i < end; i++) {
		bool more = i + 1 < end && all[i + 1].taken == all[i].taken;

		if (all[i].raised != TRACE_NEVER)
			put_sent(writer, &signal, i, all[i].raised, all[i].buffers);
		buffers += all[i].buffers;
		if (more)
			continue;
		if (all[i].taken != TRACE_NEVER)
			put_seen(writer, &signal, i, all[i].taken, buffers);
		signal.first = i + 1;
		buffers = 0;
	}
}

static void put_in_flight(struct writer *writer, const struct trace_queue *queue)
{
	const struct trace_buffer *buffers = writer->trace->buffers + queue->first_buffer;
	const struct perfetto_track track = {
		.id = count_track(writer->index),
		.parent = queue_track(writer->index),
		.rank = SIDES,
		.name = "in flight",
		.counts = true,
	};
	struct trace_flight flight;
	guint32 count;
	gint64 time;

	perfetto_put_track(&writer->to, &track);
	trace_flight_init(&flight, buffers, queue->n_buffers);
	while (trace_flight_next(&flight, &time, &count)) {
		perfetto_start(&writer->to, PERFETTO_COUNTER, track.id, time);
		perfetto_count(&writer->to, count);
		perfetto_send(&writer->to);
	}
	trace_flight_clear(&flight);
}

/* What was lost was in flight, too. */
static bool knows_flight(const struct trace *trace, const struct trace_queue *queue)
{
	return !trace->losses.driver_events && !queue->stats.fates[TRACE_WITHDRAWN] &&
	       !queue->stats.fates[TRACE_TOUCHED];
}

static void name_device(struct writer *writer, guint32 index)
{
	const struct trace_device *device = &writer->trace->devices[index];
	g_autofree char *name = g_strdup_printf(
		"%s %s", device->name, device->guest_name ? device->guest_name : device->path);
	g_autofree char *about = g_strdup_printf(
		"%s. The driver's times are the guest's, brought over to the host's clock; they "
		"are off by at most %" G_GINT64_FORMAT " ns.",
		device->bus ? device->bus : device->path, writer->trace->clock.bound_ns);

	perfetto_put_track(&writer->to, &(struct perfetto_track){
						.id = device_track(index),
						.rank = index,
						.name = name,
						.about = about,
					});
}

static void put_queue(struct writer *writer, const struct trace_queue *queue)
{
	g_autofree char *name = g_strdup_printf(
		"queue %u%s%s%s", queue->number, queue->name ? " (" : "",
		queue->name ? queue->name : "", queue->name ? ")" : "");

	for (int side = 0; side < SIDES; side++)
		for (guint32 row = 0; row < ROWS; row++)
			writer->until[side][row] = TRACE_NEVER;
	if (writer->index == 0 || queue[-1].device != queue->device)
		name_device(writer, queue->device);
	perfetto_put_track(&writer->to, &(struct perfetto_track){
						.id = queue_track(writer->index),
						.parent = device_track(queue->device),
						.rank = queue->number,
						.name = name,
					});
	put_kicks(writer, queue);
	put_interrupts(writer, queue);
	for (guint32 i = 0; i < queue->n_buffers; i++)
		put_buffer(writer, &writer->trace->buffers[queue->first_buffer + i]);
	if (knows_flight(writer->trace, queue))
		put_in_flight(writer, queue);
}

/* Of a trace that began within a clock's error, or before its first event. */
static gint64 earliest(const struct trace *trace)
{
	gint64 first = 0;

	for (guint32 i = 0; i < trace->n_buffers; i++)
		for (int m = 0; m < TRACE_MOMENTS; m++)
			if (was(&trace->buffers[i], m))
				first = MIN(first, trace->buffers[i].at[m]);
	for (guint32 i = 0; i < trace->n_kicks; i++)
		if (trace->kicks[i].sent != TRACE_NEVER)
			first = MIN(first, trace->kicks[i].sent);
	for (guint32 i = 0; i < trace->n_interrupts; i++)
		if (trace->interrupts[i].raised != TRACE_NEVER)
			first = MIN(first, trace->interrupts[i].raised);
	return first;
}

static void put_all(FILE *out, const void *data)
{
	const struct trace *trace = data;
	struct writer writer = {.trace = trace};

	writer.until = g_malloc(SIDES * sizeof(*writer.until));
	perfetto_init(&writer.to, out, earliest(trace));
	/* A file of nothing would be no trace. */
	if (!trace->n_queues)
		perfetto_put_track(&writer.to, &(struct perfetto_track){
						       .id = 1,
						       .name = "no buffer was moved",
					       });
	for (; writer.index < trace->n_queues; writer.index++)
		put_queue(&writer, &trace->queues[writer.index]);
	perfetto_clear(&writer.to);
	g_free(writer.until);
}

bool trace_perfetto_write(const struct trace *trace, const char *file, GError **error)
{
	return output_write("--perfetto", file, put_all, trace, error);
}
