/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace/show/html-header.h"

#include <json-glib/json-glib.h>

static void put_number(JsonBuilder *json, const char *name, gint64 value)
{
	json_builder_set_member_name(json, name);
	json_builder_add_int_value(json, value);
}

static void put_real(JsonBuilder *json, const char *name, double value)
{
	json_builder_set_member_name(json, name);
	json_builder_add_double_value(json, value);
}

static void put_flag(JsonBuilder *json, const char *name, bool value)
{
	json_builder_set_member_name(json, name);
	json_builder_add_boolean_value(json, value);
}

static void put_string(JsonBuilder *json, const char *name, const char *value)
{
	g_autofree char *valid = value ? g_utf8_make_valid(value, -1) : NULL;

	json_builder_set_member_name(json, name);
	if (valid)
		json_builder_add_string_value(json, valid);
	else
		json_builder_add_null_value(json);
}

#define WORDS(name, words) words,
#define PUT_WORDS(json, name, list) put_words(json, name, (const char *const[]){list(WORDS) NULL})

static void put_words(JsonBuilder *json, const char *name, const char *const *words)
{
	json_builder_set_member_name(json, name);
	json_builder_begin_array(json);
	for (; *words; words++)
		json_builder_add_string_value(json, *words);
	json_builder_end_array(json);
}

static void put_latency(JsonBuilder *json, const struct trace_latency *latency)
{
	json_builder_begin_object(json);
	put_number(json, "count", latency->count);
	put_number(json, "p50", latency->p50);
	put_number(json, "p90", latency->p90);
	put_number(json, "p99", latency->p99);
	put_number(json, "max", latency->max);
	json_builder_end_object(json);
}

static void put_stats(JsonBuilder *json, const struct trace_stats *stats)
{
	json_builder_set_member_name(json, "stats");
	json_builder_begin_object(json);
	for (const struct trace_count *count = trace_counts; count->name; count++)
		put_number(json, count->name, *trace_count(stats, count));
	put_number(json, "in_flight_max", stats->in_flight_max);
	put_real(json, "in_flight_mean", stats->in_flight_mean);
	json_builder_set_member_name(json, "fates");
	json_builder_begin_array(json);
	for (int i = 0; i < TRACE_FATES; i++)
		json_builder_add_int_value(json, stats->fates[i]);
	json_builder_end_array(json);
	json_builder_set_member_name(json, "stages");
	json_builder_begin_array(json);
	for (int i = 0; i < TRACE_STAGES; i++)
		put_latency(json, &stats->stages[i]);
	json_builder_end_array(json);
	json_builder_end_object(json);
}

static void put_device(JsonBuilder *json, const struct trace_device *device)
{
	json_builder_begin_object(json);
	put_string(json, "name", device->name);
	put_string(json, "path", device->path);
	put_string(json, "guest_name", device->guest_name);
	put_string(json, "bus", device->bus);
	put_number(json, "id", device->id);
	put_flag(json, "event_idx", device->event_idx);
	put_flag(json, "outside", device->outside);
	json_builder_end_object(json);
}

static void put_queue(JsonBuilder *json, const struct trace_queue *queue)
{
	json_builder_begin_object(json);
	put_number(json, "device", queue->device);
	put_number(json, "number", queue->number);
	put_string(json, "name", queue->name);
	put_number(json, "size", queue->size);
	put_number(json, "vector", queue->vector == G_MAXUINT16 ? -1 : queue->vector);
	put_flag(json, "packed", queue->packed);
	put_number(json, "buffers", queue->n_buffers);
	put_number(json, "kicks", queue->n_kicks);
	put_number(json, "interrupts", queue->n_interrupts);
	put_stats(json, &queue->stats);
	json_builder_end_object(json);
}

static void put_members(JsonBuilder *json, const struct trace *trace)
{
	put_string(json, "command", trace->command);
	put_string(json, "kernel", trace->kernel);
	put_number(json, "cpus", trace->cpus);
	put_number(json, "duration", trace->duration_ns);
	put_number(json, "offset", trace->clock.offset_ns);
	put_real(json, "drift", trace->clock.drift);
	put_number(json, "bound", trace->clock.bound_ns);
	put_number(json, "pairs", trace->clock.constraints);
	put_number(json, "pieces", trace->clock.pieces);
	put_number(json, "jump", trace->clock.jump_ns);
	put_number(json, "lost_driver", trace->losses.driver_events);
	put_number(json, "lost_device", trace->losses.device_events);
	put_number(json, "probes_missed", trace->losses.driver_missed);
	put_stats(json, &trace->total);
	PUT_WORDS(json, "moments", TRACE_MOMENT_LIST);
	PUT_WORDS(json, "stages", TRACE_STAGE_LIST);
	PUT_WORDS(json, "fates", TRACE_FATE_LIST);
}

static JsonNode *build(const struct trace *trace)
{
	g_autoptr(JsonBuilder) json = json_builder_new();

	json_builder_begin_object(json);
	put_members(json, trace);
	json_builder_set_member_name(json, "devices");
	json_builder_begin_array(json);
	for (guint32 i = 0; i < trace->n_devices; i++)
		put_device(json, &trace->devices[i]);
	json_builder_end_array(json);
	json_builder_set_member_name(json, "queues");
	json_builder_begin_array(json);
	for (guint32 i = 0; i < trace->n_queues; i++)
		put_queue(json, &trace->queues[i]);
	json_builder_end_array(json);
	json_builder_end_object(json);
	return json_builder_get_root(json);
}

/* In a script element nothing but "</" and "<!--" means anything to HTML. */
static char *without_tags(const char *text)
{
	GString *safe = g_string_new(text);

	g_string_replace(safe, "<", "\\u003c", 0);
	return g_string_free(safe, FALSE);
}

char *trace_html_header(const struct trace *trace)
{
	g_autoptr(JsonNode) root = build(trace);
	g_autofree char *text = json_to_string(root, FALSE);

	return without_tags(text);
}
