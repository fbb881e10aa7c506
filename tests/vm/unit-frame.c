/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames out of a stream that a hostile guest writes. */
#include "vm/frame.h"
#include "base/status.h"
#include "../unit.h"

#include <string.h>

static int fresh(void **state)
{
	*state = g_new0(struct frame_reader, 1);
	return 0;
}

static int drop(void **state)
{
	g_free(*state);
	return 0;
}

static void feed(struct frame_reader *reader, const void *data, size_t len)
{
	size_t room;
	char *space = frame_space(reader, &room);

	assert_true(len <= room);
	memcpy(space, data, len);
	frame_received(reader, len);
}

static void feed_header(struct frame_reader *reader, guint16 magic, guint8 type, guint32 len)
{
	struct kc_frame header = {
		.magic = GUINT16_TO_LE(magic), .type = type, .len = GUINT32_TO_LE(len)};

	feed(reader, &header, sizeof(header));
}

static void the_wire_is_little_endian(void **state)
{
	static const guint8 wanted[] = {'c', 'k', KC_STDIN, 0, 3, 0, 0, 0, 'a', 'b', 'c'};
	g_autoptr(GByteArray) out = g_byte_array_new();

	(void)state;
	frame_append(out, KC_STDIN, "abc", 3);
	assert_int_equal(out->len, sizeof(wanted));
	assert_memory_equal(out->data, wanted, sizeof(wanted));
}

static void one_byte_at_a_time(void **state)
{
	g_autoptr(GByteArray) wire = g_byte_array_new();
	struct frame frame;

	frame_append(wire, KC_STDOUT, "hello", 5);
	for (guint i = 0; i < wire->len; i++) {
		assert_int_equal(frame_take(*state, &frame, NULL), FRAME_NONE);
		feed(*state, wire->data + i, 1);
	}
	assert_int_equal(frame_take(*state, &frame, NULL), FRAME_WHOLE);
	assert_int_equal(frame.type, KC_STDOUT);
	assert_int_equal(frame.len, 5);
	assert_memory_equal(frame.payload, "hello", 5);
	assert_int_equal(frame_take(*state, &frame, NULL), FRAME_NONE);
}

static void several_in_one_read(void **state)
{
	g_autoptr(GByteArray) wire = g_byte_array_new();
	struct frame frame;

	frame_append(wire, KC_OK, NULL, 0);
	frame_append(wire, KC_STDERR, "x", 1);
	frame_append(wire, KC_EXIT, "\1\0\0\0", 4);
	feed(*state, wire->data, wire->len - 1);
	assert_int_equal(frame_peek(*state, &frame, NULL), FRAME_WHOLE);
	assert_int_equal(frame_take(*state, &frame, NULL), FRAME_WHOLE);
	assert_int_equal(frame.type, KC_OK);
	assert_int_equal(frame.len, 0);
	assert_int_equal(frame_take(*state, &frame, NULL), FRAME_WHOLE);
	assert_int_equal(frame.type, KC_STDERR);
	assert_int_equal(frame_take(*state, &frame, NULL), FRAME_NONE);
	feed(*state, wire->data + wire->len - 1, 1);
	assert_int_equal(frame_take(*state, &frame, NULL), FRAME_WHOLE);
	assert_int_equal(frame.type, KC_EXIT);
}

/* Also when it does not begin at the buffer's start. */
static void the_largest_fits(void **state)
{
	g_autofree char *payload = g_malloc(KC_FRAME_MAX);
	g_autoptr(GByteArray) wire = g_byte_array_new();
	struct frame frame;
	guint sent = 0;
	int frames = 0;

	memset(payload, 'p', KC_FRAME_MAX);
	frame_append(wire, KC_OK, NULL, 0);
	frame_append(wire, KC_DATA, payload, KC_FRAME_MAX);
	frame_append(wire, KC_DATA, payload, KC_FRAME_MAX);
	while (frames < 3) {
		size_t room;

		while (frame_take(*state, &frame, NULL) == FRAME_WHOLE)
			frames++;
		frame_space(*state, &room);
		assert_true(room > 0 || frames == 3);
		room = MIN(room, wire->len - sent);
		feed(*state, wire->data + sent, room);
		sent += room;
	}
	assert_int_equal(frame.len, KC_FRAME_MAX);
	assert_memory_equal(frame.payload, payload, KC_FRAME_MAX);
}

static void a_wrong_magic_loses_the_stream(void **state)
{
	GError *error = NULL;
	struct frame frame;

	feed_header(*state, 0x1234, KC_STDOUT, 0);
	assert_int_equal(frame_take(*state, &frame, &error), FRAME_BROKEN);
	assert_refused(error, STATUS_AGENT_LOST, "0x1234");
	assert_int_equal(frame_take(*state, &frame, NULL), FRAME_BROKEN);
}

static void an_absurd_length_loses_the_stream(void **state)
{
	static const guint32 lengths[] = {KC_FRAME_MAX + 1, 0x7fffffff, 0xfffffff8, 0xffffffff};

	for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
		GError *error = NULL;
		struct frame frame;

		memset(*state, 0, sizeof(struct frame_reader));
		feed_header(*state, KC_FRAME_MAGIC, KC_STDOUT, lengths[i]);
		assert_int_equal(frame_take(*state, &frame, &error), FRAME_BROKEN);
		assert_refused(error, STATUS_AGENT_LOST, "STDOUT");
	}
}

static bool is_a_guests(int type)
{
	return type == KC_DATA || type == KC_EOF || (type >= KC_READY && type <= KC_ASK);
}

static void only_a_guests_frames_are_taken(void **state)
{
	for (int type = 0; type < 256; type++) {
		struct frame frame;
		enum frame_result result;

		memset(*state, 0, sizeof(struct frame_reader));
		feed_header(*state, KC_FRAME_MAGIC, type, 0);
		result = frame_take(*state, &frame, NULL);
		assert_int_equal(result, is_a_guests(type) ? FRAME_WHOLE : FRAME_BROKEN);
	}
}

static void numbers_have_four_bytes(void **state)
{
	struct frame frame = {.type = KC_EXIT, .payload = "\1\2\3\4\5", .len = 4};
	GError *error = NULL;
	guint32 value;

	(void)state;
	assert_true(frame_u32(&frame, &value, NULL));
	assert_int_equal(value, 0x04030201);
	for (frame.len = 0; frame.len <= 5; frame.len++) {
		if (frame.len == 4)
			continue;
		assert_false(frame_u32(&frame, &value, &error));
		assert_refused(error, STATUS_AGENT_LOST, "EXIT");
	}
}

static void text_ends_in_its_only_nul(void **state)
{
	static const struct {
		const char *payload;
		size_t len;
		bool good;
	} cases[] = {
		{"why", 4, true}, {"", 1, true},      {"why", 3, false},
		{"", 0, false},	  {"a\0b", 4, false},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct frame frame = {
			.type = KC_ERROR, .payload = cases[i].payload, .len = cases[i].len};

		assert_int_equal(frame_text(&frame, NULL) != NULL, cases[i].good);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, drop)

static const struct CMUnitTest tests[] = {
	TEST(the_wire_is_little_endian),
	TEST(one_byte_at_a_time),
	TEST(several_in_one_read),
	TEST(the_largest_fits),
	TEST(a_wrong_magic_loses_the_stream),
	TEST(an_absurd_length_loses_the_stream),
	TEST(only_a_guests_frames_are_taken),
	TEST(numbers_have_four_bytes),
	TEST(text_ends_in_its_only_nul),
};

UNIT_MAIN(tests)
