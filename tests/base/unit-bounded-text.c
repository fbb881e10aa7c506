/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is kept of a long text: both its ends, byte for byte, and how much is not. */
#include "base/bounded-text.h"
#include "../unit.h"

#include <string.h>
#include <unistd.h>

static void short_text_is_whole(void **state)
{
	struct bounded_text *keep = bounded_text_new();
	GString *text;

	(void)state;
	bounded_text_add(keep, "a\0b", 3);
	bounded_text_add(keep, "", 0);
	bounded_text_add(keep, "\xff", 1);
	text = bounded_text_text(keep);
	assert_int_equal(text->len, 4);
	assert_memory_equal(text->str, "a\0b\xff", 4);
	g_string_free(text, TRUE);
	bounded_text_free(keep);
}

static void of_long_text_both_ends_stay(void **state)
{
	g_autofree char *filler = g_strnfill(1000, 'x');
	struct bounded_text *keep = bounded_text_new();
	GString *text;

	(void)state;
	bounded_text_add(keep, "first", 5);
	for (int i = 0; i < 20000; i++)
		bounded_text_add(keep, filler, 1000);
	bounded_text_add(keep, "last", 4);
	text = bounded_text_text(keep);
	assert_true(text->len <= 4 * KEEP_BYTES);
	assert_true(text->len >= 2 * KEEP_BYTES);
	assert_true(g_str_has_prefix(text->str, "first"));
	assert_true(g_str_has_suffix(text->str, "last"));
	assert_non_null(strstr(text->str, " bytes are not kept]\n"));
	g_string_free(text, TRUE);
	bounded_text_free(keep);
}

static void one_large_piece_is_cut_like_many(void **state)
{
	gsize len = 10 * KEEP_BYTES;
	g_autofree char *filler = g_strnfill(len, 'y');
	struct bounded_text *keep = bounded_text_new();
	GString *text;

	(void)state;
	bounded_text_add(keep, filler, len);
	text = bounded_text_text(keep);
	assert_true(text->len <= 2 * KEEP_BYTES + 64);
	g_string_free(text, TRUE);
	bounded_text_free(keep);
}

static void a_pipe_is_taken_in(void **state)
{
	struct bounded_text *keep = bounded_text_new();
	int fd = bounded_text_open_pipe(keep);
	GString *text;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "one ", 4), 4);
	while (g_main_context_iteration(NULL, FALSE))
		;
	assert_int_equal(write(fd, "two", 3), 3);
	bounded_text_drain(keep);
	bounded_text_drain(keep);
	text = bounded_text_text(keep);
	assert_string_equal(text->str, "one two");
	g_string_free(text, TRUE);
	bounded_text_free(keep);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(short_text_is_whole),
	cmocka_unit_test(of_long_text_both_ends_stay),
	cmocka_unit_test(one_large_piece_is_cut_like_many),
	cmocka_unit_test(a_pipe_is_taken_in),
};

UNIT_MAIN(tests)
