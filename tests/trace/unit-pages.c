/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages of the guest's ring buffers: in order over all CPUs, and never trusted. */
#include "base/status.h"
#include "trace/record/pages.h"
#include "../unit.h"

#include <string.h>

#define NUMBER 700

static const char format[] =
	"name: kick_prepare\nID: 700\nformat:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
	"\tfield:u32 dev;\toffset:8;\tsize:4;\tsigned:0;\n"
	"\tfield:u32 queue;\toffset:12;\tsize:4;\tsigned:0;\n\n"
	"print fmt: \"%u\", REC->dev\n";

static bool take(struct trace_pages *pages, guint16 kind, guint16 cpu, const void *data,
		 guint32 len, GError **error)
{
	const struct kc_dump head = {KC_DUMP_MAGIC, kind, cpu, len};

	return trace_pages_take(pages, &head, data, error);
}

static struct trace_pages *pages_with(const char *text)
{
	struct trace_pages *pages = trace_pages_new();
	g_autoptr(GError) error = NULL;

	if (!take(pages, KC_DUMP_FORMAT, 0, text, strlen(text), &error))
		fail_msg("%s", error->message);
	return pages;
}

static void put(GByteArray *page, guint64 value, guint size)
{
	value = GUINT64_TO_LE(value);
	g_byte_array_append(page, (const guint8 *)&value, size);
}

/* Its commit is filled in by give(). */
static GByteArray *page_at(guint64 time)
{
	GByteArray *page = g_byte_array_new();

	put(page, time, 8);
	put(page, 0, 8);
	return page;
}

/* A type of 1 to 28 is the length in words. */
static void put_record(GByteArray *page, guint32 delta, guint32 device)
{
	put(page, delta << 5 | 4, 4);
	put(page, NUMBER, 2);
	put(page, 0, 2);
	put(page, 1234, 4);
	put(page, device, 4);
	put(page, device + 1, 4);
}

static void give(struct trace_pages *pages, guint16 cpu, GByteArray *page, guint64 commit)
{
	g_autoptr(GError) error = NULL;

	commit = GUINT64_TO_LE(commit);
	memcpy(page->data + 8, &commit, 8);
	assert_true(take(pages, KC_DUMP_PAGE, cpu, page->data, page->len, &error));
	g_byte_array_unref(page);
}

static void give_whole(struct trace_pages *pages, guint16 cpu, GByteArray *page)
{
	give(pages, cpu, page, page->len - 16);
}

static void test_order(void **state)
{
	struct trace_pages *pages = pages_with(format);
	g_autoptr(GError) error = NULL;
	struct driver_event event;
	GByteArray *first = page_at(1000), *second = page_at(1005), *third = page_at(2000);

	(void)state;
	put_record(first, 0, 0);
	put_record(first, 10, 2);
	put_record(second, 0, 1);
	put_record(second, 10, 3);
	put_record(third, 0, 4);
	give_whole(pages, 0, first);
	give_whole(pages, 3, second);
	give_whole(pages, 0, third);
	for (guint32 i = 0; i < 5; i++) {
		assert_true(trace_pages_next(pages, &event, &error));
		assert_int_equal(event.device, i);
		assert_int_equal(event.queue, i + 1);
		assert_int_equal(event.kind, DRIVER_KICK);
		assert_int_equal(event.pid, 1234);
		assert_int_equal(event.time, i == 4 ? 2000 : 1000 + 5 * i);
		assert_int_equal(event.cpu, i % 2 ? 3 : 0);
	}
	assert_false(trace_pages_next(pages, &event, &error));
	assert_null(error);
	trace_pages_free(pages);
}

/* In order there is no list of free heads: where each side stands in the ring tells them. */
static void test_in_order(void **state)
{
	static const char fields[] =
		"format:\n"
		"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
		"\tfield:u16 head;\toffset:8;\tsize:2;\tsigned:0;\n"
		"\tfield:u16 next;\toffset:10;\tsize:2;\tsigned:0;\n"
		"\tfield:u16 last;\toffset:12;\tsize:2;\tsigned:0;\n"
		"\tfield:u16 size;\toffset:14;\tsize:2;\tsigned:0;\n"
		"\tfield:u16 used;\toffset:16;\tsize:2;\tsigned:0;\n"
		"\tfield:u8 packed;\toffset:18;\tsize:1;\tsigned:0;\n\n"
		"print fmt: \"%u\", REC->head\n";
	static const struct {
		const char *name;
		guint8 packed; /* bit 1: in order */
		guint16 head;
	} events[] = {
		{"add_sgs", 0, 7}, {"add_sgs", 1, 7}, {"add_sgs", 2, 7},  {"add_sgs", 3, 21},
		{"got_ctx", 1, 7}, {"get_ctx", 2, 9}, {"get_ctx", 3, 33},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(events); i++) {
		g_autofree char *text = g_strdup_printf("name: %s\nID: %d\n%s", events[i].name,
							NUMBER, fields);
		struct trace_pages *pages = pages_with(text);
		GByteArray *page = page_at(1000);
		g_autoptr(GError) error = NULL;
		struct driver_event event;

		put(page, 5, 4);
		put(page, NUMBER, 2);
		put(page, 0, 6);
		put(page, 7, 2);
		put(page, 21, 2);
		put(page, 64 + 9, 2);
		put(page, 64, 2);
		put(page, 0x8000 + 33, 2);
		put(page, events[i].packed, 2);
		give_whole(pages, 0, page);
		assert_true(trace_pages_next(pages, &event, &error));
		assert_int_equal(event.head, events[i].head);
		assert_int_equal(event.packed, events[i].packed & 1);
		assert_int_equal(event.in_order, events[i].packed >> 1);
		trace_pages_free(pages);
	}
}

static void damaged(struct trace_pages *pages)
{
	g_autoptr(GError) error = NULL;
	struct driver_event event;
	int n = 0;

	while (trace_pages_next(pages, &event, &error))
		assert_true(n++ < 1000);
	assert_refused(error, STATUS_NOT_CARRIED, "damaged");
	trace_pages_free(pages);
}

static void test_commit_behind_page(void **state)
{
	struct trace_pages *pages = pages_with(format);
	GByteArray *page = page_at(1000);

	(void)state;
	put_record(page, 0, 0);
	give(pages, 0, page, page->len);
	damaged(pages);
}

static void test_page_without_head(void **state)
{
	struct trace_pages *pages = pages_with(format);
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_true(take(pages, KC_DUMP_PAGE, 0, "short", 5, &error));
	damaged(pages);
}

/* Type 0 has its length behind the head. Any: the end is reached, and nothing behind it. */
static void test_lengths(void **state)
{
	static const guint32 lengths[] = {
		0,	    1,		3,	    4,		5,	    4095,      0x7fffffff,
		0x80000000, 0xfffffff0, 0xfffffff4, 0xfffffff8, 0xfffffffc, 0xffffffff};

	(void)state;
	for (guint i = 0; i < G_N_ELEMENTS(lengths); i++) {
		struct trace_pages *pages = pages_with(format);
		GByteArray *page = page_at(1000);
		g_autoptr(GError) error = NULL;
		struct driver_event event;
		int n = 0;

		put_record(page, 0, 0);
		put(page, 0, 4);
		put(page, lengths[i], 4);
		put(page, NUMBER, 4);
		put_record(page, 0, 7);
		give_whole(pages, 0, page);
		while (trace_pages_next(pages, &event, &error))
			assert_true(n++ < 10);
		assert_true(n >= 1);
		trace_pages_free(pages);
	}
}

/* Whatever the bytes are, reading them ends. */
static void test_noise(void **state)
{
	GRand *rand = g_rand_new_with_seed(7);

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct trace_pages *pages = pages_with(format);
		GByteArray *page = page_at(1000);
		g_autoptr(GError) error = NULL;
		struct driver_event event;
		int n = 0;

		for (int i = 0; i < 60; i++)
			put(page, g_rand_int(rand) >> g_rand_int_range(rand, 0, 32), 4);
		give_whole(pages, 0, page);
		while (trace_pages_next(pages, &event, &error))
			assert_true(n++ < 100);
		trace_pages_free(pages);
	}
	g_rand_free(rand);
}

/* Fields that lie behind every page, or before it, are not read. */
static void test_far_fields(void **state)
{
	static const char *const offsets[] = {"4097", "65528", "2147483647", "-8"};

	(void)state;
	for (guint i = 0; i < G_N_ELEMENTS(offsets); i++) {
		g_auto(GStrv) parts = g_strsplit(format, "offset:12", 2);
		g_autofree char *text = g_strconcat(parts[0], "offset:", offsets[i], parts[1],
						    NULL);
		struct trace_pages *pages = trace_pages_new();
		GByteArray *page = page_at(1000);
		g_autoptr(GError) error = NULL;
		struct driver_event event = {0};

		if (take(pages, KC_DUMP_FORMAT, 0, text, strlen(text), &error)) {
			put_record(page, 0, 5);
			give_whole(pages, 0, page);
			if (trace_pages_next(pages, &event, &error))
				assert_int_equal(event.queue, 0);
		} else {
			g_byte_array_unref(page);
		}
		trace_pages_free(pages);
	}
}

static void test_losses(void **state)
{
	static const char stats[] =
		"entries: 3\noverrun: 12\ncommit overrun: 5\ndropped events: 2\n";
	static const char profile[] = "profile kc/add_sgs 100 7";
	g_autoptr(GArray) gaps = g_array_new(FALSE, FALSE, sizeof(struct trace_gap));
	struct trace_pages *pages = pages_with(format);
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_true(take(pages, KC_DUMP_STATS, 1, stats, strlen(stats), &error));
	assert_true(take(pages, KC_DUMP_FACT, 0, profile, strlen(profile), &error));
	assert_int_equal(trace_pages_lost(pages), 14);
	assert_int_equal(trace_pages_missed(pages), 7);
	assert_true(trace_pages_gaps(pages, 500, gaps, &error));
	assert_int_equal(gaps->len, 1);
	assert_int_equal(g_array_index(gaps, struct trace_gap, 0).from, 500);
	assert_int_equal(g_array_index(gaps, struct trace_gap, 0).to, G_MAXINT64);
	assert_false(take(pages, KC_DUMP_STATS, 60000, stats, strlen(stats), &error));
	assert_refused(error, STATUS_NOT_CARRIED, "CPU 60000");
	trace_pages_free(pages);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_order),
	cmocka_unit_test(test_in_order),
	cmocka_unit_test(test_commit_behind_page),
	cmocka_unit_test(test_page_without_head),
	cmocka_unit_test(test_lengths),
	cmocka_unit_test(test_noise),
	cmocka_unit_test(test_far_fields),
	cmocka_unit_test(test_losses),
};

UNIT_MAIN(tests)
