/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON by hand: a million records through a tree of nodes would take longer
 * than all the rest. Only strings need care, and those go through json-glib.
 */
#include "trace/show/show.h"
#include "base/output.h"

#include <json-glib/json-glib.h>

static void put_string(FILE *out, const char *name, const char *value)
{
	g_autoptr(JsonNode) node = NULL;
	g_autofree char *valid = NULL;
	g_autofree char *text = NULL;

	fprintf(out, ",\"%s\":", name);
	if (!value) {
		fputs("null", out);
		return;
	}
	valid = g_utf8_make_valid(value, -1);
	node = json_node_init_string(json_node_alloc(), valid);
	text = json_to_string(node, FALSE);
	fputs(text, out);
}

static void put_number(FILE *out, const char *name, guint64 value)
{
	fprintf(out, ",\"%s\":%" G_GUINT64_FORMAT, name, value);
}

static void put_flag(FILE *out, const char *name, bool value)
{
	fprintf(out, ",\"%s\":%s", name, value ? "true" : "false");
}

static void put_time(FILE *out, const char *name, gint64 time)
{
	if (time == TRACE_NEVER)
		fprintf(out, ",\"%s_ns\":null", name);
	else
		fprintf(out, ",\"%s_ns\":%" G_GINT64_FORMAT, name, time);
}

static void put_real(FILE *out, const char *name, double value)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];

	fprintf(out, ",\"%s\":%s", name, g_ascii_formatd(text, sizeof(text), "%.9g", value));
}

/* "in flight at the end": as a name, in_flight_at_the_end */
static void put_key(FILE *out, const char *words)
{
	g_autofree char *key = g_strdelimit(g_strdup(words), " '", '_');

	fprintf(out, "\"%s\":", key);
}

static void put_latency(FILE *out, enum trace_stage stage, const struct trace_latency *latency)
{
	put_key(out, trace_stage_name(stage));
	fprintf(out, "{\"buffers\":%" G_GUINT64_FORMAT, latency->count);
	if (latency->count) {
		put_time(out, "p50", latency->p50);
		put_time(out, "p90", latency->p90);
		put_time(out, "p99", latency->p99);
		put_time(out, "max", latency->max);
	}
	fputc('}', out);
}

static void put_fates(FILE *out, const struct trace_stats *stats)
{
	fputs(",\"fates\":{", out);
	for (int i = 0; i < TRACE_FATES; i++) {
		fputs(i ? "," : "", out);
		put_key(out, trace_fate_name(i));
		fprintf(out, "%" G_GUINT64_FORMAT, stats->fates[i]);
	}
	fputc('}', out);
}

/* Where events of the driver's side were lost nothing of it is known. */
static void put_in_flight(FILE *out, const struct trace_stats *stats)
{
	if (stats->buffers && !stats->in_flight_max) {
		fputs(",\"in_flight_max\":null,\"in_flight_mean\":null", out);
		return;
	}
	put_number(out, "in_flight_max", stats->in_flight_max);
	put_real(out, "in_flight_mean", stats->in_flight_mean);
}

static void put_stats(FILE *out, const struct trace_stats *stats)
{
	for (const struct trace_count *count = trace_counts; count->name; count++)
		put_number(out, count->name, *trace_count(stats, count));
	put_fates(out, stats);
	put_in_flight(out, stats);
	fputs(",\"stages\":{", out);
	for (int i = 0; i < TRACE_STAGES; i++) {
		fputs(i ? "," : "", out);
		put_latency(out, i, &stats->stages[i]);
	}
	fputc('}', out);
}

static void put_clock(FILE *out, const struct trace_clock *clock)
{
	fprintf(out, ",\"clock\":{\"offset_ns\":%" G_GINT64_FORMAT, clock->offset_ns);
	put_real(out, "drift", clock->drift);
	fprintf(out, ",\"bound_ns\":%" G_GINT64_FORMAT, clock->bound_ns);
	put_number(out, "pairs", clock->constraints);
	put_number(out, "pieces", clock->pieces);
	fprintf(out, ",\"jump_ns\":%" G_GINT64_FORMAT, clock->jump_ns);
	fputc('}', out);
}

static void put_losses(FILE *out, const struct trace_losses *losses)
{
	fprintf(out, ",\"lost\":{\"driver_events\":%" G_GUINT64_FORMAT, losses->driver_events);
	put_number(out, "device_events", losses->device_events);
	put_number(out, "probes_missed", losses->driver_missed);
	fputc('}', out);
}

static void print_trace(const struct trace *trace, FILE *out)
{
	fputs("{\"type\":\"trace\"", out);
	put_string(out, "command", trace->command);
	put_string(out, "kernel", trace->kernel);
	put_number(out, "cpus", trace->cpus);
	put_time(out, "duration", trace->duration_ns);
	put_clock(out, &trace->clock);
	put_losses(out, &trace->losses);
	put_stats(out, &trace->total);
	fputs("}\n", out);
}

/* By which a buffer and its queue find each other, with the queue's number. */
static void put_device(FILE *out, const struct trace_device *device)
{
	put_string(out, "device", device->guest_name ? device->guest_name : device->path);
}

static void print_queue(const struct trace *trace, guint32 index, FILE *out)
{
	const struct trace_queue *queue = &trace->queues[index];
	const struct trace_device *device = &trace->devices[queue->device];

	fputs("{\"type\":\"queue\"", out);
	put_device(out, device);
	put_string(out, "model", device->name);
	put_string(out, "guest_name", device->guest_name);
	put_string(out, "bus", device->bus);
	put_string(out, "qom_path", device->path);
	put_number(out, "queue", queue->number);
	put_string(out, "name", queue->name);
	put_number(out, "size", queue->size);
	put_flag(out, "packed", queue->packed);
	put_flag(out, "vhost", device->outside);
	put_stats(out, &queue->stats);
	fputs("}\n", out);
}

/* The table's own descriptor, if there is one, comes before what is in it. */
static void put_chain(FILE *out, const struct trace *trace, const struct trace_buffer *buffer)
{
	guint32 n = buffer->chain + !!(buffer->flags & TRACE_INDIRECT);

	if (buffer->descriptors == TRACE_NONE)
		return;
	fputs(",\"chain\":[", out);
	for (guint32 i = 0; i < n; i++) {
		const struct trace_descriptor *it = &trace->descriptors[buffer->descriptors + i];

		fprintf(out,
			"%s{\"index\":%u,\"addr\":%" G_GUINT64_FORMAT ",\"len\":%u,\"flags\":%u}",
			i ? "," : "", it->index, it->addr, it->len, it->flags);
	}
	fputc(']', out);
}

static void print_buffer(const struct trace *trace, const struct trace_buffer *buffer, FILE *out)
{
	const struct trace_queue *queue = &trace->queues[buffer->queue];
	const struct trace_device *device = &trace->devices[queue->device];

	fputs("{\"type\":\"buffer\"", out);
	put_device(out, device);
	put_number(out, "queue", queue->number);
	put_number(out, "head", buffer->head);
	put_number(out, "position", buffer->position);
	put_string(out, "fate", trace_fate_name(buffer->fate));
	for (int i = 0; i < TRACE_MOMENTS; i++)
		put_time(out, trace_moment_name(i), buffer->at[i]);
	put_number(out, "out_bytes", buffer->out_bytes);
	put_number(out, "in_bytes", buffer->in_bytes);
	put_number(out, "written_bytes", buffer->written);
	put_flag(out, "overlong", buffer->flags & TRACE_OVERLONG);
	put_number(out, "descriptors", buffer->chain);
	put_number(out, "slots", buffer->slots);
	put_flag(out, "indirect", buffer->flags & TRACE_INDIRECT);
	put_flag(out, "polled", buffer->flags & TRACE_POLLED);
	put_flag(out, "kick_suppressed", buffer->flags & TRACE_KICK_SUPPRESSED);
	put_flag(out, "interrupt_suppressed", buffer->flags & TRACE_INTERRUPT_SUPPRESSED);
	put_number(out, "add_cpu", buffer->add_cpu);
	put_number(out, "collect_cpu", buffer->collect_cpu);
	put_chain(out, trace, buffer);
	fputs("}\n", out);
}

static void put_all(FILE *out, const void *data)
{
	const struct trace *trace = data;

	print_trace(trace, out);
	for (guint32 i = 0; i < trace->n_queues; i++)
		print_queue(trace, i, out);
	for (guint32 i = 0; i < trace->n_buffers; i++)
		print_buffer(trace, &trace->buffers[i], out);
}

bool trace_json_write(const struct trace *trace, const char *file, GError **error)
{
	return output_write("--json", file, put_all, trace, error);
}
