/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chrome's trace event format, which Perfetto opens: a process for each device
 * and in it a track for each side of each queue. What a side does with a
 * buffer is a moment there; a flow runs through the moments of one buffer, and
 * a slice as long as it lives lies on a track of its own.
 */
#include "status.h"
#include "trace-show.h"

#include <errno.h>
#include <stdio.h>

#define DRIVER_TRACK(queue) (2 * (queue) + 1)
#define DEVICE_TRACK(queue) (2 * (queue) + 2)

static guint32 process_of(const struct trace *trace, guint32 queue)
{
	return trace->queues[queue].device + 1;
}

static void put_name(FILE *out, const char *what, guint32 pid, guint32 tid, const char *name)
{
	g_autofree char *plain = g_strescape(name, NULL);

	fprintf(out,
		"{\"ph\":\"M\",\"name\":\"%s\",\"pid\":%u,\"tid\":%u,\"args\":{\"name\":\"%s\"}},\n",
		what, pid, tid, plain);
}

static void put_names(const struct trace *trace, FILE *out)
{
	for (guint32 i = 0; i < trace->n_devices; i++) {
		const struct trace_device *device = &trace->devices[i];
		g_autofree char *name = g_strdup_printf("%s %s", device->name,
							device->guest_name ? device->guest_name
									   : device->path);

		put_name(out, "process_name", i + 1, 0, name);
	}
	for (guint32 i = 0; i < trace->n_queues; i++) {
		guint32 number = trace->queues[i].number;
		g_autofree char *driver = g_strdup_printf("queue %u: driver", number);
		g_autofree char *device = g_strdup_printf("queue %u: device", number);

		put_name(out, "thread_name", process_of(trace, i), DRIVER_TRACK(i), driver);
		put_name(out, "thread_name", process_of(trace, i), DEVICE_TRACK(i), device);
	}
}

/* Microseconds, as the format has it, to the nanosecond. */
static void put_when(FILE *out, char phase, gint64 ns, guint32 pid, guint32 tid)
{
	fprintf(out, "{\"ph\":\"%c\",\"ts\":%s%" G_GINT64_FORMAT ".%03d,\"pid\":%u,\"tid\":%u",
		phase, ns < 0 ? "-" : "", ABS(ns) / 1000, (int)(ABS(ns) % 1000), pid, tid);
}

static bool is_drivers(enum trace_moment moment)
{
	return moment == TRACE_ADDED || moment == TRACE_KICKED || moment == TRACE_TAKEN ||
	       moment == TRACE_COLLECTED;
}

/* What happens to one buffer alone; kicks and interrupts are shared. */
static bool is_own(enum trace_moment moment)
{
	return moment == TRACE_ADDED || moment == TRACE_POPPED || moment == TRACE_PUSHED ||
	       moment == TRACE_COLLECTED;
}

static void put_moment(const struct trace *trace, guint32 index, enum trace_moment moment,
		       FILE *out)
{
	const struct trace_buffer *buffer = &trace->buffers[index];
	guint32 pid = process_of(trace, buffer->queue);
	guint32 tid = is_drivers(moment) ? DRIVER_TRACK(buffer->queue)
					 : DEVICE_TRACK(buffer->queue);

	put_when(out, 'X', buffer->at[moment], pid, tid);
	fprintf(out,
		",\"dur\":0,\"name\":\"%s\",\"args\":{\"head\":%u,\"buffer\":%u,\"out_bytes\":%" G_GUINT64_FORMAT
		",\"in_bytes\":%" G_GUINT64_FORMAT "}},\n",
		trace_moment_name(moment), buffer->head, index, buffer->out_bytes,
		buffer->in_bytes);
}

static void put_flow(const struct trace *trace, guint32 index, enum trace_moment moment, char phase,
		     FILE *out)
{
	const struct trace_buffer *buffer = &trace->buffers[index];
	guint32 pid = process_of(trace, buffer->queue);
	guint32 tid = is_drivers(moment) ? DRIVER_TRACK(buffer->queue)
					 : DEVICE_TRACK(buffer->queue);

	put_when(out, phase, buffer->at[moment], pid, tid);
	fprintf(out, ",\"cat\":\"buffer\",\"name\":\"buffer\",\"id\":%u,\"bp\":\"e\"},\n", index);
}

static int own_moments(const struct trace_buffer *buffer, enum trace_moment *moments)
{
	int n = 0;

	for (int i = 0; i < TRACE_MOMENTS; i++)
		if (is_own(i) && buffer->at[i] != TRACE_NEVER)
			moments[n++] = i;
	return n;
}

/* From its first moment to its last, as one of those that overlap. */
static void put_life(const struct trace *trace, guint32 index, gint64 begin, gint64 end, FILE *out)
{
	const struct trace_buffer *buffer = &trace->buffers[index];
	guint32 pid = process_of(trace, buffer->queue);
	guint32 number = trace->queues[buffer->queue].number;

	for (int last = 0; last < 2; last++) {
		put_when(out, last ? 'e' : 'b', last ? end : begin, pid, 0);
		fprintf(out,
			",\"cat\":\"life\",\"name\":\"queue %u: buffers\",\"id\":%u,"
			"\"args\":{\"head\":%u,\"fate\":\"%s\"}},\n",
			number, index, buffer->head, trace_fate_name(buffer->fate));
	}
}

static void put_buffer(const struct trace *trace, guint32 index, FILE *out)
{
	const struct trace_buffer *buffer = &trace->buffers[index];
	enum trace_moment moments[TRACE_MOMENTS];
	int n = own_moments(buffer, moments);

	for (int i = 0; i < n; i++)
		put_moment(trace, index, moments[i], out);
	for (int i = 0; n > 1 && i < n; i++)
		put_flow(trace, index, moments[i], i == 0 ? 's' : i == n - 1 ? 'f' : 't', out);
	if (n > 1)
		put_life(trace, index, buffer->at[moments[0]], buffer->at[moments[n - 1]], out);
}

static void put_point(FILE *out, gint64 ns, guint32 pid, guint32 tid, const char *name,
		      guint32 buffers)
{
	if (ns == TRACE_NEVER)
		return;
	put_when(out, 'X', ns, pid, tid);
	fprintf(out, ",\"dur\":0,\"name\":\"%s\",\"args\":{\"buffers\":%u}},\n", name, buffers);
}

static void put_signals(const struct trace *trace, FILE *out)
{
	for (guint32 i = 0; i < trace->n_kicks; i++) {
		const struct trace_kick *kick = &trace->kicks[i];
		guint32 pid = process_of(trace, kick->queue);

		put_point(out, kick->sent, pid, DRIVER_TRACK(kick->queue), "kick", kick->buffers);
		put_point(out, kick->noticed, pid, DEVICE_TRACK(kick->queue), "kick noticed",
			  kick->buffers);
	}
	for (guint32 i = 0; i < trace->n_interrupts; i++) {
		const struct trace_interrupt *interrupt = &trace->interrupts[i];
		guint32 pid = process_of(trace, interrupt->queue);

		put_point(out, interrupt->raised, pid, DEVICE_TRACK(interrupt->queue), "interrupt",
			  interrupt->buffers);
		put_point(out, interrupt->taken, pid, DRIVER_TRACK(interrupt->queue),
			  "interrupt taken", interrupt->buffers);
	}
}

static void put_all(const struct trace *trace, FILE *out)
{
	fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n", out);
	put_names(trace, out);
	put_signals(trace, out);
	for (guint32 i = 0; i < trace->n_buffers; i++)
		put_buffer(trace, i, out);
	fputs("{\"ph\":\"M\",\"name\":\"trace\",\"pid\":0,\"tid\":0,\"args\":{}}\n]}\n", out);
}

bool trace_perfetto_write(const struct trace *trace, const char *file, GError **error)
{
	FILE *out = fopen(file, "we");
	bool written = out;

	if (out) {
		put_all(trace, out);
		written = !ferror(out);
		written = fclose(out) == 0 && written;
	}
	if (!written)
		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "--perfetto: '%s': %s", file,
			    g_strerror(errno));
	return written;
}
