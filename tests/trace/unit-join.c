/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The join of both sides, on streams whose every buffer's story is known. */
#include "base/status.h"
#include "trace/join/names.h"
#include "trace/join/device-numbers.h"
#include "fake.h"
#include "../unit.h"

#include <string.h>

static void assert_no_error(const GError *error)
{
	if (error)
		fail_msg("%s", error->message);
}

/* What holds without any clock: who is who, and how it ended. */
static void check_identity(const struct trace_buffer *buffer, const struct fake_story *story)
{
	assert_int_equal(buffer->head, story->head);
	assert_int_equal(buffer->position, story->position);
	assert_int_equal(buffer->at[TRACE_POPPED] == TRACE_NEVER, story->popped == TRACE_NEVER);
	assert_int_equal(buffer->at[TRACE_PUSHED] == TRACE_NEVER, story->pushed == TRACE_NEVER);
}

static void check_time(gint64 seen, gint64 truth, gint64 begin, gint64 bound)
{
	if (seen == TRACE_NEVER || truth == TRACE_NEVER)
		assert_true(seen == truth);
	else
		assert_true(ABS(seen - (truth - begin)) <= bound);
}

/* Host times are exact but for the begin, which was a guest's. */
static void check_times(const struct trace *trace, const struct trace_buffer *buffer,
			const struct fake_story *story, gint64 begin)
{
	gint64 bound = 2 * trace->clock.bound_ns + 2;

	check_time(buffer->at[TRACE_ADDED], story->added, begin, bound);
	check_time(buffer->at[TRACE_POPPED], story->popped, begin, bound);
	check_time(buffer->at[TRACE_PUSHED], story->pushed, begin, bound);
	check_time(buffer->at[TRACE_COLLECTED], story->collected, begin, bound);
}

static enum trace_fate true_fate(const struct fake_story *story)
{
	if (story->refused)
		return TRACE_REFUSED;
	return story->collected == TRACE_NEVER ? TRACE_AT_END : TRACE_COMPLETE;
}

static void check_all(const struct trace *trace, const struct fake *fake, gint64 begin)
{
	const struct trace_queue *queue = &trace->queues[0];

	assert_int_equal(trace->n_queues, 1);
	assert_int_equal(queue->n_buffers, fake->stories->len);
	for (guint32 i = 0; i < queue->n_buffers; i++) {
		const struct trace_buffer *buffer = &trace->buffers[i];
		const struct fake_story *story = &g_array_index(fake->stories, struct fake_story,
								i);

		check_identity(buffer, story);
		check_times(trace, buffer, story, begin);
		assert_int_equal(buffer->fate, true_fate(story));
	}
}

/* A queue from its first buffer on, watched all along. */
static void run_whole(guint32 seed, bool packed, guint16 size, guint16 chain, bool indirect,
		      double drift, bool by_get)
{
	struct fake *fake = fake_new(seed, packed, size, chain, indirect);
	g_autoptr(GError) error = NULL;
	guint32 position = 0;
	struct trace *trace;
	gint64 begin;

	fake->drift = drift;
	fake->by_get = by_get;
	fake_ping(fake, &position);
	begin = fake->now;
	for (int i = 0; i < 20000; i++)
		fake_step(fake, true);
	fake_kick(fake);
	fake_ping(fake, &position);
	trace = fake_join(fake, fake_guest_time(fake, begin), NULL, NULL, &error);
	assert_no_error(error);
	check_all(trace, fake, begin);
	trace_free(trace);
	fake_free(fake);
}

static void test_whole(void **state)
{
	(void)state;
	for (guint32 seed = 0; seed < 4; seed++) {
		run_whole(seed, false, 8, 1, false, 0, seed % 2);
		run_whole(seed, false, 256, 5, false, 3e-5, seed % 2);
		run_whole(seed, false, 256, 5, true, -2e-3, seed % 2);
		run_whole(seed, true, 4, 1, false, 0, seed % 2);
		run_whole(seed, true, 7, 3, false, 1e-4, seed % 2);
		run_whole(seed, true, 256, 5, true, 1e-6, seed % 2);
	}
}

/* Positions of a split ring start over after 65536. */
static void test_many_laps(void **state)
{
	struct fake *fake = fake_new(1, false, 16, 1, false);
	g_autoptr(GError) error = NULL;
	guint32 position = 65530;
	struct trace *trace;
	gint64 begin;

	(void)state;
	fake_ping(fake, &position);
	begin = fake->now;
	for (int i = 0; i < 800000; i++)
		fake_step(fake, true);
	fake_drain(fake);
	fake_ping(fake, &position);
	trace = fake_join(fake, fake_guest_time(fake, begin), NULL, NULL, &error);
	assert_no_error(error);
	assert_true(trace->total.fates[TRACE_COMPLETE] > 100000);
	check_all(trace, fake, begin);
	trace_free(trace);
	fake_free(fake);
}

/* The queue is busy already when the driver begins to be watched; laps fit into a millisecond. */
static void run_late(guint32 seed, bool packed, guint16 size)
{
	struct fake *fake = fake_new(seed, packed, size, 1, false);
	g_autoptr(GError) error = NULL;
	guint32 position = 0;
	guint64 at_start = 0;
	struct trace *trace;
	guint first;
	gint64 begin;

	fake_ping(fake, &position);
	for (int i = 0; i < 3000 + (int)seed; i++)
		fake_step(fake, true);
	begin = fake->now + 1;
	first = fake->stories->len;
	for (guint i = 0; i < first; i++) {
		const struct fake_story *story = &g_array_index(fake->stories, struct fake_story,
								i);

		at_start += !story->refused && story->collected == TRACE_NEVER;
	}
	for (int i = 0; i < 3000; i++)
		fake_step(fake, true);
	fake_drain(fake);
	fake_ping(fake, &position);
	trace = fake_join(fake, fake_guest_time(fake, begin), NULL, NULL, &error);
	assert_no_error(error);
	assert_int_equal(trace->total.fates[TRACE_AT_START], at_start);
	for (guint32 i = 0, story = first; i < trace->n_buffers; i++) {
		const struct trace_buffer *buffer = &trace->buffers[i];

		if (buffer->fate == TRACE_AT_START)
			assert_true(buffer->at[TRACE_PUSHED] != TRACE_NEVER);
		else
			check_identity(buffer,
				       &g_array_index(fake->stories, struct fake_story, story++));
	}
	trace_free(trace);
	fake_free(fake);
}

static void test_late(void **state)
{
	(void)state;
	for (guint32 seed = 0; seed < 20; seed++) {
		run_late(seed, false, 8);
		run_late(seed, true, 8);
		run_late(seed, true, 64);
	}
}

/*
 * What is known at either end of an idle time does not tell how the clock went
 * between: it strays, and comes back.
 */
static void run_strayed(guint32 seed, bool packed, gint64 slew)
{
	struct fake *fake = fake_new(seed, packed, 8, 1, false);
	g_autoptr(GError) error = NULL;
	guint32 position = 0;
	struct trace *trace;
	gint64 begin;

	fake_ping(fake, &position);
	begin = fake->now;
	fake->slewed = begin;
	fake->slew = slew;
	fake->now += FAKE_SLEW * slew;
	for (int i = 0; i < 3000; i++)
		fake_step(fake, true);
	fake_kick(fake);
	fake->now += FAKE_SLEW * slew;
	fake_ping(fake, &position);
	trace = fake_join(fake, fake_guest_time(fake, begin), NULL, NULL, &error);
	assert_no_error(error);
	check_all(trace, fake, begin);
	assert_true(trace->clock.pieces > 1);
	trace_free(trace);
	fake_free(fake);
}

static void test_strayed(void **state)
{
	(void)state;
	for (guint32 seed = 0; seed < 4; seed++) {
		run_strayed(seed, false, 1000000);
		run_strayed(seed, true, 1000000);
		run_strayed(seed, true, 5000000);
	}
}

/* vhost: one side is all there is to be seen, and no more is claimed. */
static void test_outside(void **state)
{
	struct fake *fake = fake_new(5, false, 16, 3, true);
	g_autoptr(GError) error = NULL;
	guint32 position = 0;
	struct trace *trace;
	gint64 begin;

	(void)state;
	fake->outside = true;
	fake_ping(fake, &position);
	begin = fake->now;
	for (int i = 0; i < 3000; i++)
		fake_step(fake, true);
	fake_drain(fake);
	fake_ping(fake, &position);
	trace = fake_join(fake, fake_guest_time(fake, begin), NULL, NULL, &error);
	assert_no_error(error);
	assert_true(trace->total.fates[TRACE_DRIVER_ONLY] > 100);
	assert_int_equal(trace->total.fates[TRACE_DRIVER_ONLY] + trace->total.fates[TRACE_REFUSED],
			 trace->total.buffers);
	assert_int_equal(trace->total.popped, 0);
	trace_free(trace);
	fake_free(fake);
}

static void hear(struct device_numbers *numbers, guint32 device, guint8 status)
{
	const struct device_event event = {
		.kind = DEVICE_STATUS, .device = device, .value = status};

	device_numbers_hear(numbers, &event);
}

static guint32 resolve(struct device_numbers *numbers, guint32 number, int status)
{
	struct driver_event event = {
		.kind = status < 0 ? DRIVER_ADD : DRIVER_STATUS,
		.device = number,
		.value = MAX(status, 0),
	};

	device_numbers_resolve(numbers, &event, true);
	return event.device;
}

/* Devices 1 and 2 came one after the other, with the same number; device 0 was bound anew. */
static void check_numbers(const char *last_name)
{
	struct trace_device devices[3] = {{.guest_name = g_strdup("virtio0")},
					  {.guest_name = NULL},
					  {.guest_name = g_strdup(last_name)}};
	struct trace trace = {.devices = devices, .n_devices = 3};
	struct device_numbers *numbers = device_numbers_new(&trace);
	const guint8 lives[][2] = {{1, 0}, {1, 1}, {1, 15}, {0, 0}, {0, 1}, {0, 15},
				   {1, 0}, {1, 1}, {1, 1},  {2, 0}, {2, 1}, {2, 15}};

	for (size_t i = 0; i < G_N_ELEMENTS(lives); i++)
		hear(numbers, lives[i][0], lives[i][1]);
	assert_int_equal(resolve(numbers, 7, 1), 1);
	assert_int_equal(resolve(numbers, 7, -1), 1);
	assert_int_equal(resolve(numbers, 0, 1), 0);
	assert_int_equal(resolve(numbers, 7, 1), 1);
	assert_int_equal(resolve(numbers, 7, -1), 1);
	assert_int_equal(resolve(numbers, 7, 1), 2);
	assert_int_equal(resolve(numbers, 7, -1), 2);
	assert_int_equal(resolve(numbers, 0, -1), 0);
	assert_string_equal(devices[1].guest_name, "virtio7");
	assert_string_equal(devices[2].guest_name, "virtio7");
	device_numbers_free(numbers);
	for (int i = 0; i < 3; i++)
		g_free(devices[i].guest_name);
}

static void test_numbers(void **state)
{
	(void)state;
	check_numbers(NULL);
	check_numbers("virtio7");
}

static void check_name(guint32 id, guint64 features, guint32 queues, guint32 number,
		       const char *expected)
{
	const struct trace_device device = {.id = id, .features = features, .queues = queues};
	g_autofree char *name = trace_queue_name(&device, number);

	if (expected)
		assert_string_equal(name, expected);
	else
		assert_null(name);
}

static void test_names(void **state)
{
	guint64 control = 1 << 17, pairs = 1 << 22;

	(void)state;
	check_name(1, 0, 2, 1, "transmitq1");
	check_name(1, control, 3, 2, "controlq");
	check_name(1, control, 9, 2, "controlq");
	check_name(1, control | pairs, 9, 2, "receiveq2");
	check_name(1, control | pairs, 9, 8, "controlq");
	check_name(2, 0, 4, 3, "requestq4");
	check_name(3, 0, 8, 0, "receiveq(port0)");
	check_name(3, 0, 8, 3, "control transmitq");
	check_name(3, 0, 8, 5, "transmitq(port1)");
	check_name(4, 0, 1, 0, "requestq");
	check_name(4, 0, 1, 1, NULL);
	check_name(8, 0, 4, 3, "requestq2");
	check_name(25, 0, 4, 3, "rxq");
	check_name(63, 0, 2, 0, NULL);
}

static void test_reset(void **state)
{
	struct fake *fake = fake_new(3, true, 32, 3, false);
	g_autoptr(GError) error = NULL;
	guint32 position = 0;
	struct trace *trace;
	guint64 lost = 0;
	gint64 begin;

	(void)state;
	fake_ping(fake, &position);
	begin = fake->now;
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 1000; i++)
			fake_step(fake, true);
		fake_reset(fake);
	}
	fake_ping(fake, &position);
	trace = fake_join(fake, fake_guest_time(fake, begin), NULL, NULL, &error);
	assert_no_error(error);
	assert_int_equal(trace->n_buffers, fake->stories->len);
	for (guint i = 0; i < fake->stories->len; i++) {
		const struct fake_story *story = &g_array_index(fake->stories, struct fake_story,
								i);
		bool open = !story->refused && story->collected == TRACE_NEVER;

		check_identity(&trace->buffers[i], story);
		check_times(trace, &trace->buffers[i], story, begin);
		lost += open;
		assert_int_equal(trace->buffers[i].fate == TRACE_WITHDRAWN, open);
	}
	assert_true(lost > 0);
	trace_free(trace);
	fake_free(fake);
}

/* A stream without the events in [from, to), and the gap that tells of it. */
static void lose(GArray *events, size_t size, guint from, guint to, GArray *gaps)
{
	gint64 first, last;
	struct trace_gap gap;

	/* Either event begins with its time. */
	memcpy(&first, events->data + from * size, sizeof(first));
	memcpy(&last, events->data + to * size, sizeof(last));
	g_array_remove_range(events, from, to - from);
	gap = (struct trace_gap){first, last};
	g_array_append_val(gaps, gap);
}

/* QEMU tells of a loss ahead of what it had kept. */
static void lose_device(GArray *events, guint from, guint to, GArray *gaps)
{
	struct device_event lost = {.kind = DEVICE_LOST};

	lose(events, sizeof(lost), from, to, gaps);
	lost.time = g_array_index(gaps, struct trace_gap, 0).to;
	g_array_insert_val(events, from - 20, lost);
	g_array_index(gaps, struct trace_gap, 0).from =
		g_array_index(events, struct device_event, from - 21).time;
}

/* Whatever is lost: nothing that is shown is wrong, and none is missing that was seen at all. */
static void check_lossy(const struct trace *trace, const struct fake *fake, gint64 begin)
{
	g_autoptr(GHashTable) by_pop = g_hash_table_new(g_int64_hash, g_int64_equal);
	gint64 zero = fake_guest_time(fake, begin) + trace->clock.offset_ns;
	gint64 bound = trace->clock.bound_ns + 2;
	guint64 complete = 0;

	for (guint i = 0; i < fake->stories->len; i++) {
		struct fake_story *story = &g_array_index(fake->stories, struct fake_story, i);

		if (story->popped != TRACE_NEVER)
			g_hash_table_insert(by_pop, &story->popped, story);
	}
	for (guint32 i = 0; i < trace->n_buffers; i++) {
		const struct trace_buffer *buffer = &trace->buffers[i];
		gint64 popped = buffer->at[TRACE_POPPED];
		const struct fake_story *story = NULL;

		complete += buffer->fate == TRACE_COMPLETE;
		if (popped == TRACE_NEVER)
			continue;
		popped += zero;
		story = g_hash_table_lookup(by_pop, &popped);
		assert_non_null(story);
		assert_int_equal(buffer->head, story->head);
		if (buffer->at[TRACE_ADDED] != TRACE_NEVER)
			check_time(buffer->at[TRACE_ADDED], story->added, zero, bound);
		if (buffer->at[TRACE_COLLECTED] != TRACE_NEVER)
			check_time(buffer->at[TRACE_COLLECTED], story->collected, zero, bound);
	}
	assert_true(complete > trace->n_buffers / 4);
	assert_true(trace->total.fates[TRACE_TOUCHED] > 0);
}

static void run_lossy(guint32 seed, bool packed, bool driver, bool by_get)
{
	struct fake *fake = fake_new(seed, packed, 64, 3, false);
	g_autoptr(GArray) gaps = g_array_new(FALSE, FALSE, sizeof(struct trace_gap));
	g_autoptr(GError) error = NULL;
	guint32 position = 0;
	struct trace *trace;
	guint from, to;
	gint64 begin;

	fake->by_get = by_get;
	fake_ping(fake, &position);
	begin = fake->now;
	from = driver ? fake->driver->len : fake->device->len;
	for (int i = 0; i < 10000; i++)
		fake_step(fake, true);
	to = driver ? fake->driver->len : fake->device->len;
	fake_drain(fake);
	fake_ping(fake, &position);
	if (driver)
		lose(fake->driver, sizeof(struct driver_event), from + (to - from) / 3,
		     from + (to - from) / 2, gaps);
	else
		lose_device(fake->device, from + (to - from) / 3, from + (to - from) / 2, gaps);
	trace = fake_join(fake, fake_guest_time(fake, begin), driver ? gaps : NULL,
			  driver ? NULL : gaps, &error);
	assert_no_error(error);
	check_lossy(trace, fake, begin);
	trace_free(trace);
	fake_free(fake);
}

static void test_lossy(void **state)
{
	(void)state;
	for (guint32 seed = 0; seed < 10; seed++) {
		run_lossy(seed, false, true, seed % 2);
		run_lossy(seed, true, true, seed % 2);
		run_lossy(seed, false, false, seed % 2);
		run_lossy(seed, true, false, seed % 2);
	}
}

static struct fake *busy_fake(gint64 *begin)
{
	struct fake *fake = fake_new(9, false, 32, 1, false);
	guint32 position = 0;

	fake_ping(fake, &position);
	*begin = fake->now;
	for (int i = 0; i < 2000; i++)
		fake_step(fake, true);
	fake_drain(fake);
	fake_ping(fake, &position);
	return fake;
}

static void refused_with(struct fake *fake, gint64 begin, const char *words)
{
	g_autoptr(GError) error = NULL;
	struct trace *trace = fake_join(fake, fake_guest_time(fake, begin), NULL, NULL, &error);

	assert_null(trace);
	assert_refused(error, STATUS_NOT_CARRIED, words);
	fake_free(fake);
}

/* What was read from the kernel is something else: a trace of it would be fiction. */
static void test_wrong_heads(void **state)
{
	gint64 begin;
	struct fake *fake = busy_fake(&begin);

	(void)state;
	for (guint i = 0; i < fake->driver->len; i++) {
		struct driver_event *event = &g_array_index(fake->driver, struct driver_event, i);

		if (event->device == FAKE_DEVICE)
			event->head++;
	}
	refused_with(fake, begin, "the driver added head");
}

/* A pop before its add, by more than the clocks can be off. */
static void test_wrong_order(void **state)
{
	gint64 begin;
	struct fake *fake = busy_fake(&begin);
	guint middle = fake->device->len / 2;

	(void)state;
	while (g_array_index(fake->device, struct device_event, middle).kind != DEVICE_POP)
		middle++;
	g_array_index(fake->device, struct device_event, middle).time -= 400000;
	refused_with(fake, begin, "the order of events contradicts itself");
}

/* The device takes what nobody added. */
static void test_extra_pop(void **state)
{
	gint64 begin;
	struct fake *fake = busy_fake(&begin);
	guint middle = fake->device->len / 2;
	struct device_event event;

	(void)state;
	while (g_array_index(fake->device, struct device_event, middle).kind != DEVICE_POP)
		middle++;
	event = g_array_index(fake->device, struct device_event, middle);
	g_array_insert_val(fake->device, middle, event);
	refused_with(fake, begin, "though no event was lost");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_whole),	    cmocka_unit_test(test_many_laps),
	cmocka_unit_test(test_late),	    cmocka_unit_test(test_reset),
	cmocka_unit_test(test_outside),	    cmocka_unit_test(test_names),
	cmocka_unit_test(test_numbers),	    cmocka_unit_test(test_strayed),
	cmocka_unit_test(test_lossy),	    cmocka_unit_test(test_wrong_heads),
	cmocka_unit_test(test_wrong_order), cmocka_unit_test(test_extra_pop),
};

UNIT_MAIN(tests)
