/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file for Perfetto, read back: what is on each track nests, and each buffer is there. */
#include "base/status.h"
#include "trace/show/show.h"
#include "fake.h"
#include "../unit.h"

#include <string.h>

enum { BEGIN = 1, END, INSTANT, COUNTER };

struct field {
	guint32 number, type;
	guint64 value; /* of a number */
	const guint8 *bytes; /* of a message */
	gsize len;
};

struct event {
	gint64 time;
	guint64 type, track, flow, count;
	bool last_of_flow, counts;
	guint32 name;
};

struct reader {
	GHashTable *tracks; /* by uuid: GString, the name of the parent and its own */
	GPtrArray *names; /* of events, by number */
	GArray *events;
	guint packets;
};

static guint64 read_varint(const guint8 **at, const guint8 *end)
{
	guint64 value = 0;

	for (int shift = 0; shift < 64; shift += 7) {
		assert_true(*at < end);
		value |= (guint64)(**at & 0x7f) << shift;
		if (!(*(*at)++ & 0x80))
			return value;
	}
	fail_msg("a number has no end");
	return 0;
}

static bool read_field(const guint8 **at, const guint8 *end, struct field *field)
{
	guint64 tag;

	if (*at == end)
		return false;
	tag = read_varint(at, end);
	*field = (struct field){.number = tag >> 3, .type = tag & 7};
	if (field->type == 0) {
		field->value = read_varint(at, end);
		return true;
	}
	assert_true(field->type == 1 || field->type == 2);
	field->len = field->type == 1 ? 8 : read_varint(at, end);
	assert_true((gsize)(end - *at) >= field->len);
	field->bytes = *at;
	*at += field->len;
	if (field->type == 1)
		memcpy(&field->value, field->bytes, 8);
	return true;
}

static void read_names(struct reader *reader, const struct field *data)
{
	const guint8 *at = data->bytes, *end = at + data->len, *inner, *inner_end;
	struct field list, part;

	while (read_field(&at, end, &list)) {
		inner = list.bytes;
		inner_end = inner + list.len;
		if (list.number != 2)
			continue;
		assert_true(read_field(&inner, inner_end, &part));
		assert_int_equal(part.value, reader->names->len);
		assert_true(read_field(&inner, inner_end, &part));
		g_ptr_array_add(reader->names, g_strndup((const char *)part.bytes, part.len));
	}
}

static void read_track(struct reader *reader, const struct field *data)
{
	const guint8 *at = data->bytes, *end = at + data->len;
	guint64 *uuid = g_new0(guint64, 1);
	const char *parent = "";
	g_autofree char *name = NULL;
	struct field part;

	while (read_field(&at, end, &part)) {
		if (part.number == 1)
			*uuid = part.value;
		if (part.number == 2)
			name = g_strndup((const char *)part.bytes, part.len);
		if (part.number == 5)
			parent = g_hash_table_lookup(reader->tracks, &part.value);
	}
	assert_non_null(parent); /* told before */
	assert_null(g_hash_table_lookup(reader->tracks, uuid));
	g_hash_table_insert(reader->tracks, uuid, g_strconcat(parent, "/", name, NULL));
}

static void read_event(struct reader *reader, const struct field *data, gint64 time)
{
	const guint8 *at = data->bytes, *end = at + data->len;
	struct event event = {.time = time};
	struct field part;

	while (read_field(&at, end, &part)) {
		if (part.number == 9)
			event.type = part.value;
		if (part.number == 10)
			event.name = part.value;
		if (part.number == 11)
			event.track = part.value;
		if (part.number == 30)
			event.count = part.value;
		if (part.number == 47 || part.number == 48)
			event.flow = part.value;
		event.last_of_flow |= part.number == 48;
	}
	assert_non_null(g_hash_table_lookup(reader->tracks, &event.track));
	g_array_append_val(reader->events, event);
}

static void read_packet(struct reader *reader, const struct field *packet)
{
	const guint8 *at = packet->bytes, *end = at + packet->len;
	struct field part, event = {0};
	gint64 time = -1;

	assert_int_equal(packet->number, 1);
	while (read_field(&at, end, &part)) {
		if (part.number == 8)
			time = part.value;
		if (part.number == 10)
			assert_int_equal(part.value, 1);
		if (part.number == 11)
			event = part;
		if (part.number == 12)
			read_names(reader, &part);
		/* Only the first says that no word is known. */
		if (part.number == 13)
			assert_int_equal(part.value, reader->packets ? 2 : 1);
		if (part.number == 60)
			read_track(reader, &part);
	}
	if (event.number)
		read_event(reader, &event, time);
	reader->packets++;
}

static void read_all(struct reader *reader, const char *file)
{
	g_autofree char *text = NULL;
	const guint8 *at, *end;
	struct field packet;
	gsize len;

	*reader = (struct reader){
		.tracks = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free),
		.names = g_ptr_array_new_with_free_func(g_free),
		.events = g_array_new(FALSE, FALSE, sizeof(struct event)),
	};
	g_ptr_array_add(reader->names, g_strdup(""));
	assert_true(g_file_get_contents(file, &text, &len, NULL));
	at = (const guint8 *)text;
	end = at + len;
	while (read_field(&at, end, &packet))
		read_packet(reader, &packet);
}

static void reader_clear(struct reader *reader)
{
	g_hash_table_unref(reader->tracks);
	g_ptr_array_unref(reader->names);
	g_array_unref(reader->events);
}

static void open_reader(struct reader *reader, const struct trace *trace, const char *folder)
{
	g_autofree char *file = g_build_filename(folder, "trace", NULL);
	GError *error = NULL;

	if (!trace_perfetto_write(trace, file, &error))
		fail_msg("%s", error->message);
	read_all(reader, file);
}

struct stack {
	gint64 time;
	guint depth;
};

static bool is_row(const struct reader *reader, const struct event *event)
{
	const char *track = g_hash_table_lookup(reader->tracks, &event->track);

	return g_str_has_suffix(track, "/driver") || g_str_has_suffix(track, "/device");
}

/* On each track times do not fall, and each end has its begin. Returns what has no end. */
static guint check_nesting(const struct reader *reader)
{
	GHashTable *stacks = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
	guint open = 0;

	for (guint i = 0; i < reader->events->len; i++) {
		struct event *event = &g_array_index(reader->events, struct event, i);
		struct stack *stack = g_hash_table_lookup(stacks, &event->track);

		assert_true(event->time >= 0);
		if (event->type == COUNTER || !is_row(reader, event))
			continue;
		if (!stack) {
			stack = g_new0(struct stack, 1);
			g_hash_table_insert(stacks, &event->track, stack);
		}
		if (event->type != INSTANT || stack->depth) {
			assert_true(event->time >= stack->time);
			stack->time = event->time;
		}
		stack->depth += event->type == BEGIN;
		open += event->type == BEGIN;
		assert_true(event->type != END || stack->depth);
		stack->depth -= event->type == END;
		open -= event->type == END;
	}
	g_hash_table_unref(stacks);
	return open;
}

static guint count_events(const struct reader *reader, guint type, const char *track,
			  const char *name)
{
	guint n = 0;

	for (guint i = 0; i < reader->events->len; i++) {
		const struct event *event = &g_array_index(reader->events, struct event, i);
		const char *own = g_hash_table_lookup(reader->tracks, &event->track);

		n += event->type == type && g_str_has_suffix(own, track) &&
		     strcmp(g_ptr_array_index(reader->names, event->name), name) == 0;
	}
	return n;
}

/* As many flows end as buffers were collected, and each comes by in order of time. */
static guint check_flows(const struct reader *reader)
{
	GHashTable *flows = g_hash_table_new(g_int64_hash, g_int64_equal);
	guint ended = 0;

	for (guint i = 0; i < reader->events->len; i++) {
		struct event *event = &g_array_index(reader->events, struct event, i);
		const char *track = g_hash_table_lookup(reader->tracks, &event->track);
		const char *name = g_ptr_array_index(reader->names, event->name);

		if (!event->flow || strcmp(name, "kicked") == 0 || strcmp(name, "notified") == 0 ||
		    strcmp(name, "raised") == 0 || strcmp(name, "taken") == 0)
			continue;
		if (event->last_of_flow) {
			assert_true(g_str_has_suffix(track, "/driver"));
			assert_non_null(g_hash_table_lookup(flows, &event->flow));
			ended++;
		}
		g_hash_table_insert(flows, &event->flow, event);
	}
	g_hash_table_unref(flows);
	return ended;
}

static guint count_known(const struct trace *trace, enum trace_moment moment, bool refused)
{
	guint n = 0;

	for (guint32 i = 0; i < trace->n_buffers; i++)
		n += trace->buffers[i].at[moment] != TRACE_NEVER &&
		     (trace->buffers[i].fate == TRACE_REFUSED) == refused;
	return n;
}

static guint64 most_counted(const struct reader *reader)
{
	guint64 most = 0;

	for (guint i = 0; i < reader->events->len; i++)
		most = MAX(most, g_array_index(reader->events, struct event, i).count);
	return most;
}

static void check_trace(struct trace *trace, const char *folder)
{
	const struct trace_stats *stats = &trace->queues[0].stats;
	struct reader reader;
	guint open;

	open_reader(&reader, trace, folder);
	open = check_nesting(&reader);
	assert_true(open >= stats->fates[TRACE_AT_END]);
	assert_true(stats->fates[TRACE_AT_END] || !open);
	assert_int_equal(count_events(&reader, BEGIN, "/queue 0/driver", "buffer"),
			 count_known(trace, TRACE_ADDED, false));
	assert_int_equal(count_events(&reader, BEGIN, "/queue 0/device", "in the device"),
			 count_known(trace, TRACE_POPPED, false));
	assert_int_equal(count_events(&reader, BEGIN, "/driver", "waiting for the kick"),
			 stats->stages[TRACE_STAGE_KICK].count);
	assert_int_equal(count_events(&reader, BEGIN, "/driver", "added"),
			 count_known(trace, TRACE_ADDED, false) -
				 stats->stages[TRACE_STAGE_KICK].count);
	assert_int_equal(count_events(&reader, BEGIN, "/driver", "in the driver"),
			 stats->stages[TRACE_STAGE_DRIVER].count);
	assert_int_equal(count_events(&reader, INSTANT, "/driver", "refused by the ring"),
			 stats->fates[TRACE_REFUSED]);
	assert_int_equal(count_events(&reader, INSTANT, "/driver", "kicked"), stats->kicks_sent);
	assert_int_equal(count_events(&reader, INSTANT, "/device", "raised"),
			 stats->interrupts_raised);
	assert_int_equal(count_events(&reader, INSTANT, "/driver", "taken"),
			 stats->interrupts_taken);
	assert_int_equal(check_flows(&reader), count_known(trace, TRACE_COLLECTED, false));
	assert_int_equal(most_counted(&reader), stats->in_flight_max);
	reader_clear(&reader);
	trace_free(trace);
}

static void test_drained(void **state)
{
	check_trace(fake_run(false, 16, 1, 4000, true), *state);
	check_trace(fake_run(true, 16, 5, 4000, true), *state);
}

static void test_in_flight(void **state)
{
	struct trace *trace = fake_run(false, 256, 5, 3000, false);

	assert_true(trace->queues[0].stats.fates[TRACE_AT_END] > 0);
	check_trace(trace, *state);
}

/* A time is that of the record, to the nanosecond; before the trace's start, too. */
static void test_exact(void **state)
{
	struct trace *trace = fake_run(false, 16, 1, 200, true);
	struct trace_buffer *buffer = &trace->buffers[0];
	const struct event *event;
	struct reader reader;
	bool found = false;

	for (int m = 0; m < TRACE_MOMENTS; m++)
		buffer->at[m] = TRACE_NEVER;
	buffer->at[TRACE_ADDED] = -1234;
	buffer->at[TRACE_POPPED] = -1000;
	buffer->at[TRACE_PUSHED] = -999;
	buffer->at[TRACE_COLLECTED] = 7;
	open_reader(&reader, trace, *state);
	check_nesting(&reader);
	for (guint i = 0; i < reader.events->len; i++) {
		event = &g_array_index(reader.events, struct event, i);
		found |= event->time == 0 && event->type == BEGIN &&
			 strcmp(g_ptr_array_index(reader.names, event->name), "buffer") == 0;
		found |= event->time == 1234 && event->type == COUNTER;
	}
	assert_true(found);
	reader_clear(&reader);
	trace_free(trace);
}

/* Bytes of the guest's in a name do not make the file another one. */
static void test_hostile(void **state)
{
	struct trace *trace = fake_run(false, 16, 1, 400, true);
	struct reader reader;
	gpointer key, name;
	GHashTableIter iter;

	trace->queues[0].name = g_strdup("\xff\xfe\"</script>");
	open_reader(&reader, trace, *state);
	g_hash_table_iter_init(&iter, reader.tracks);
	while (g_hash_table_iter_next(&iter, &key, &name))
		assert_true(g_utf8_validate(name, -1, NULL));
	check_nesting(&reader);
	reader_clear(&reader);
	trace_free(trace);
}

static void test_empty(void **state)
{
	struct trace *trace = g_new0(struct trace, 1);
	struct reader reader;

	open_reader(&reader, trace, *state);
	assert_int_equal(reader.events->len, 0);
	reader_clear(&reader);
	trace_free(trace);
}

static void test_not_written(void **state)
{
	struct trace *trace = fake_run(false, 16, 1, 4000, true);
	GError *error = NULL;

	(void)state;
	assert_false(trace_perfetto_write(trace, "/nowhere/trace", &error));
	assert_refused(error, STATUS_NOT_CARRIED, "/nowhere/trace");
	assert_false(trace_perfetto_write(trace, "/dev/full", &error));
	assert_refused(error, STATUS_NOT_CARRIED, "No space left");
	trace_free(trace);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup_teardown(test_drained, unit_folder, unit_folder_drop),
	cmocka_unit_test_setup_teardown(test_in_flight, unit_folder, unit_folder_drop),
	cmocka_unit_test_setup_teardown(test_exact, unit_folder, unit_folder_drop),
	cmocka_unit_test_setup_teardown(test_hostile, unit_folder, unit_folder_drop),
	cmocka_unit_test_setup_teardown(test_empty, unit_folder, unit_folder_drop),
	cmocka_unit_test(test_not_written),
};

UNIT_MAIN(tests)
