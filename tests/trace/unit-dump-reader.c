/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The blocks of the guest's tracer: however they are cut up, and whatever is in them. */
#include "base/status.h"
#include "trace/record/dump-reader.h"
#include "../unit.h"

#include <string.h>

struct heard {
	GString *text; /* each block as kind, cpu, length and what it holds */
	guint refuse; /* this one, counted from 1 */
	guint n;
};

static bool hear(const struct kc_dump *head, const char *data, void *opaque, GError **error)
{
	struct heard *heard = opaque;
	guint32 sum = 0;

	if (head->kind == KC_DUMP_PAGE)
		for (guint32 i = 0; i < head->len; i++)
			sum = sum * 31 + (guint8)data[i];
	g_string_append_printf(heard->text, "%u/%u/%u:%s%u;", head->kind, head->cpu, head->len,
			       head->kind == KC_DUMP_PAGE ? "" : data, sum);
	if (++heard->n != heard->refuse)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "this one is refused");
	return false;
}

static void put(GByteArray *stream, guint32 magic, guint16 kind, guint16 cpu, const char *data,
		guint32 len)
{
	const struct kc_dump head = {
		.magic = GUINT32_TO_LE(magic),
		.kind = GUINT16_TO_LE(kind),
		.cpu = GUINT16_TO_LE(cpu),
		.len = GUINT32_TO_LE(len),
	};

	g_byte_array_append(stream, (const guint8 *)&head, sizeof(head));
	g_byte_array_append(stream, (const guint8 *)data, len);
}

static GByteArray *whole_stream(void)
{
	GByteArray *stream = g_byte_array_new();
	static char page[KC_DUMP_MAX];

	for (guint i = 0; i < sizeof(page); i++)
		page[i] = i * 7;
	put(stream, KC_DUMP_MAGIC, KC_DUMP_FACT, 0, "cpus 2", 6);
	put(stream, KC_DUMP_MAGIC, KC_DUMP_FORMAT, 0, "", 0);
	put(stream, KC_DUMP_MAGIC, KC_DUMP_PAGE, 1, page, 4096);
	put(stream, KC_DUMP_MAGIC, KC_DUMP_PAGE, 3, page, sizeof(page));
	put(stream, KC_DUMP_MAGIC, KC_DUMP_STATS, 1, "overrun: 0\0hidden", 17);
	put(stream, KC_DUMP_MAGIC, KC_DUMP_END, 0, "", 0);
	return stream;
}

/* What was heard of @stream, fed in pieces of @step bytes. */
static char *feed(const GByteArray *stream, guint step, guint refuse, bool *whole, GError **error)
{
	struct heard heard = {.text = g_string_new(NULL), .refuse = refuse};
	struct dump_reader reader;

	dump_reader_init(&reader, hear, &heard);
	for (guint at = 0; at < stream->len; at += step)
		dump_reader_feed(&reader, (const char *)stream->data + at,
				 MIN(step, stream->len - at));
	*whole = dump_reader_finish(&reader, error);
	dump_reader_clear(&reader);
	return g_string_free(heard.text, FALSE);
}

static void test_pieces(void **state)
{
	g_autoptr(GByteArray) stream = whole_stream();
	static const guint steps[] = {1, 2, 3, 11, 12, 13, 4096, 70000};
	g_autofree char *truth = NULL;
	bool whole;

	(void)state;
	truth = feed(stream, stream->len, 0, &whole, NULL);
	assert_true(whole);
	assert_true(g_str_has_prefix(truth, "1/0/6:cpus 20;3/0/0:0;5/1/4096:"));
	assert_true(g_str_has_suffix(truth, ";4/1/17:overrun: 00;"));
	for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
		g_autofree char *text = feed(stream, steps[i], 0, &whole, NULL);

		assert_true(whole);
		assert_string_equal(text, truth);
	}
}

/* Wherever it ends, all blocks before are heard, and that it is not whole is told. */
static void test_cut(void **state)
{
	g_autoptr(GByteArray) stream = whole_stream();
	guint last = stream->len - sizeof(struct kc_dump);

	(void)state;
	for (guint len = 0; len < stream->len; len += len < 200 || len > last ? 1 : 997) {
		g_autoptr(GByteArray) part = g_byte_array_new();
		g_autofree char *text = NULL;
		GError *error = NULL;
		bool whole;

		g_byte_array_append(part, stream->data, len);
		text = feed(part, MAX(len, 1), 0, &whole, &error);
		assert_false(whole);
		assert_refused(error, STATUS_NOT_CARRIED, "before it had sent all");
	}
}

static void refuse_stream(GByteArray *stream, const char *words)
{
	static const guint steps[] = {1, 100000};

	for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
		g_autofree char *text = NULL;
		GError *error = NULL;
		bool whole;

		text = feed(stream, steps[i], 0, &whole, &error);
		assert_false(whole);
		assert_refused(error, STATUS_NOT_CARRIED, words);
	}
	g_byte_array_unref(stream);
}

static void test_hostile(void **state)
{
	GByteArray *stream = g_byte_array_new();
	static const char big[KC_DUMP_MAX + 1];

	(void)state;
	put(stream, KC_DUMP_MAGIC + 1, KC_DUMP_FACT, 0, "x", 1);
	refuse_stream(stream, "not a block of a trace");
	stream = g_byte_array_new();
	put(stream, KC_DUMP_MAGIC, KC_DUMP_PAGE, 0, big, sizeof(big));
	refuse_stream(stream, "not a block of a trace");
	stream = whole_stream();
	put(stream, KC_DUMP_MAGIC, KC_DUMP_FACT, 0, "after its end", 13);
	refuse_stream(stream, "not a block of a trace");
	stream = g_byte_array_new();
	g_byte_array_append(stream, (const guint8 *)"Segmentation fault\n", 19);
	refuse_stream(stream, "not a block of a trace");
}

/* The first error is the one that is told, and nothing is heard after it. */
static void test_refused(void **state)
{
	g_autoptr(GByteArray) stream = whole_stream();
	g_autofree char *text = NULL;
	GError *error = NULL;
	bool whole;

	(void)state;
	text = feed(stream, 7, 2, &whole, &error);
	assert_false(whole);
	assert_refused(error, STATUS_NOT_CARRIED, "this one is refused");
	assert_string_equal(text, "1/0/6:cpus 20;3/0/0:0;");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_pieces),
	cmocka_unit_test(test_cut),
	cmocka_unit_test(test_hostile),
	cmocka_unit_test(test_refused),
};

UNIT_MAIN(tests)
