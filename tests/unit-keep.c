/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is kept of a long text: both its ends, byte for byte, and how much is not. */
#include "../kc/keep.h"
#include "unit.h"

#include <string.h>
#include <unistd.h>

static void short_text_is_whole(void **state)
{
	struct keep *keep = keep_new();
	GString *text;

	(void)state;
	keep_add(keep, "a\0b", 3);
	keep_add(keep, "", 0);
	keep_add(keep, "\xff", 1);
	text = keep_text(keep);
	assert_int_equal(text->len, 4);
	assert_memory_equal(text->str, "a\0b\xff", 4);
	g_string_free(text, TRUE);
	keep_free(keep);
}

static void of_long_text_both_ends_stay(void **state)
{
	g_autofree char *filler = g_strnfill(1000, 'x');
	struct keep *keep = keep_new();
	GString *text;

	(void)state;
	keep_add(keep, "first", 5);
	for (int i = 0; i < 20000; i++)
		keep_add(keep, filler, 1000);
	keep_add(keep, "last", 4);
	text = keep_text(keep);
	assert_true(text->len <= 4 * KEEP_BYTES);
	assert_true(text->len >= 2 * KEEP_BYTES);
	assert_true(g_str_has_prefix(text->str, "first"));
	assert_true(g_str_has_suffix(text->str, "last"));
	assert_non_null(strstr(text->str, " bytes are not kept]\n"));
	g_string_free(text, TRUE);
	keep_free(keep);
}

static void one_large_piece_is_cut_like_many(void **state)
{
	gsize len = 10 * KEEP_BYTES;
	g_autofree char *filler = g_strnfill(len, 'y');
	struct keep *keep = keep_new();
	GString *text;

	(void)state;
	keep_add(keep, filler, len);
	text = keep_text(keep);
	assert_true(text->len <= 2 * KEEP_BYTES + 64);
	g_string_free(text, TRUE);
	keep_free(keep);
}

static void a_pipe_is_taken_in(void **state)
{
	struct keep *keep = keep_new();
	int fd = keep_open_pipe(keep);
	GString *text;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "one ", 4), 4);
	while (g_main_context_iteration(NULL, FALSE))
		;
	assert_int_equal(write(fd, "two", 3), 3);
	keep_drain(keep);
	keep_drain(keep);
	text = keep_text(keep);
	assert_string_equal(text->str, "one two");
	g_string_free(text, TRUE);
	keep_free(keep);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(short_text_is_whole),
	cmocka_unit_test(of_long_text_both_ends_stay),
	cmocka_unit_test(one_large_piece_is_cut_like_many),
	cmocka_unit_test(a_pipe_is_taken_in),
};

UNIT_MAIN(tests)
