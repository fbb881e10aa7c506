/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The console's ring: bounded, whatever the guest prints. */
#include "vm/console.h"
#include "../unit.h"

#include <string.h>

static void feed(struct console *console, const char *text)
{
	console_feed(console, text, strlen(text));
}

static char *tail(const struct console *console, unsigned lines)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	console_print_tail(console, lines, out);
	fclose(out);
	return text;
}

static int fresh(void **state)
{
	*state = console_new();
	return 0;
}

static int drop(void **state)
{
	console_free(*state);
	return 0;
}

static void assert_tail(const struct console *console, unsigned lines, const char *wanted)
{
	g_autofree char *text = tail(console, lines);

	assert_string_equal(text, wanted);
}

static void nothing_was_heard(void **state)
{
	assert_int_equal(console_last_heard(*state), 0);
	assert_tail(*state, 10, "");
	console_feed(*state, "", 0);
	assert_int_equal(console_last_heard(*state), 0);
	assert_null(console_find(*state, "x"));
}

static void lines_come_in_pieces(void **state)
{
	feed(*state, "on");
	feed(*state, "e\r\ntwo\r");
	feed(*state, "\nthr");
	assert_tail(*state, 10, "  | one\n  | two\n  | thr\n");
	feed(*state, "ee\n");
	assert_tail(*state, 2, "  | two\n  | three\n");
	assert_int_not_equal(console_last_heard(*state), 0);
}

static void only_the_last_lines_stay(void **state)
{
	g_autofree char *text = NULL;
	g_autofree char *first = NULL;
	g_auto(GStrv) lines = NULL;

	for (int i = 0; i < 1000; i++) {
		char line[32];

		g_snprintf(line, sizeof(line), "line %d\n", i);
		feed(*state, line);
	}
	text = tail(*state, 10000);
	lines = g_strsplit(text, "\n", -1);
	assert_int_equal(g_strv_length(lines) - 1, CONSOLE_LINES - 1);
	first = g_strdup_printf("  | line %d", 1000 - (CONSOLE_LINES - 1));
	assert_string_equal(lines[0], first);
	assert_string_equal(lines[CONSOLE_LINES - 2], "  | line 999");
}

static void a_line_without_end_is_cut(void **state)
{
	g_autofree char *text = NULL;

	for (int i = 0; i < 100000; i++)
		feed(*state, "abcdefghij");
	text = tail(*state, 10);
	assert_int_equal(strlen(text), strlen("  | \n") + CONSOLE_LINE_MAX);
}

static void every_byte_is_survived(void **state)
{
	for (int round = 0; round < 300; round++) {
		char bytes[256];

		for (int i = 0; i < 256; i++)
			bytes[i] = i * (round + 1);
		console_feed(*state, bytes, sizeof(bytes));
	}
	g_autofree char *text = tail(*state, CONSOLE_LINES);

	assert_true(g_utf8_validate(text, -1, NULL));
	assert_null(strchr(text, '\033'));
}

static void append(const char *data, size_t len, void *text)
{
	g_string_append_len(text, data, len);
}

static void a_tap_gets_every_byte(void **state)
{
	g_autoptr(GString) text = g_string_new(NULL);

	feed(*state, "before");
	console_set_tap(*state, append, text);
	feed(*state, "on\r\n");
	feed(*state, "e");
	console_set_tap(*state, NULL, NULL);
	feed(*state, "after");
	assert_string_equal(text->str, "on\r\ne");
}

static void a_panic_is_recognised(void **state)
{
	feed(*state, "[    1.5] VFS: no root\r\n"
		     "[    1.6][    T1] Kernel panic - not syncing: VFS: Unable to mount\r\n"
		     "[    1.7] Kernel panic - not syncing: second\r\n");
	assert_string_equal(console_panic(*state),
			    "Kernel panic - not syncing: VFS: Unable to mount");
}

static void talk_of_panics_is_none(void **state)
{
	feed(*state, "echo Kernel panic - not syncing\n[ unfinished\n");
	assert_null(console_panic(*state));
}

static void the_newest_line_is_found(void **state)
{
	feed(*state, "a: one\na: two\nb: three\nx: unfinished");
	assert_string_equal(console_find(*state, "a: "), "a: two");
	assert_string_equal(console_find(*state, "unfin"), "x: unfinished");
	assert_string_equal(console_find_ended(*state, "a: "), "a: two");
	assert_null(console_find_ended(*state, "unfin"));
	assert_null(console_find(*state, "four"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, drop)

static const struct CMUnitTest tests[] = {
	TEST(nothing_was_heard),	TEST(lines_come_in_pieces),
	TEST(only_the_last_lines_stay), TEST(a_line_without_end_is_cut),
	TEST(every_byte_is_survived),	TEST(a_panic_is_recognised),
	TEST(talk_of_panics_is_none),	TEST(the_newest_line_is_found),
	TEST(a_tap_gets_every_byte),
};

UNIT_MAIN(tests)
