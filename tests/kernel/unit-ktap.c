/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parser of test reports: what is a whole report, what is none, and any bytes. */
#include "kernel/ktap.h"
#include "../unit.h"

#include <string.h>

static struct ktap *parse(const char *text, gssize len)
{
	struct ktap *ktap = ktap_new();

	ktap_feed(ktap, text, len < 0 ? strlen(text) : (size_t)len);
	ktap_end(ktap);
	return ktap;
}

static const struct ktap_result *result_at(const struct ktap *ktap, guint index)
{
	assert_true(index < ktap_results(ktap)->len);
	return g_ptr_array_index(ktap_results(ktap), index);
}

static void assert_counts(const struct ktap *ktap, guint ok, guint not_ok, guint skip, guint todo)
{
	const struct ktap_counts *counts = ktap_counts(ktap);

	assert_int_equal(counts->ok, ok);
	assert_int_equal(counts->not_ok, not_ok);
	assert_int_equal(counts->skip, skip);
	assert_int_equal(counts->todo, todo);
}

static void whole_reports_are_taken(void **state)
{
	static const char *const reports[] = {
		"KTAP version 1\n1..2\nok 1 a\nok 2 b\n",
		"TAP version 13\nok 1 - a\nok 2 - b\n1..2\n",
		"1..2\nok\nok\n",
		"1..2\r\nok 1 a\r\nok 2 b\r\n",
		"talk\nKTAP version 1\n1..2\nmore talk\nok 1 a\n# said\nok 2 b",
		"KTAP version 1\n1..2\n  KTAP version 1\n  1..1\n  ok 1 x\nok 1 a\nok 2 b\n",
		"TAP version 14\n1..2\n    # Subtest: a\n    1..1\n    ok 1 x\nok 1 a\nok 2 b\n",
		"1..2\nok 1 a\n  ok 1 x\n  ok 2 y\n  1..2\nok 2 b\n",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(reports); i++) {
		struct ktap *ktap = parse(reports[i], -1);

		if (ktap_broken(ktap))
			fail_msg("%zu: %s", i, ktap_broken(ktap));
		assert_counts(ktap, 2, 0, 0, 0);
		assert_int_equal(ktap_planned(ktap), 2);
		assert_null(ktap_first_not_ok(ktap));
		assert_null(ktap_skip_all(ktap));
		ktap_free(ktap);
	}
}

static void broken_reports_are_told(void **state)
{
	static const struct {
		const char *report, *words;
	} reports[] = {
		{"", "reported nothing"},
		{"KTAP version 1\n", "reported nothing"},
		{"ok 1 a\n", "no plan"},
		{"1..2\nok 1 a\n", "end at 1 of 2"},
		{"1..1\n", "end at 0 of 1"},
		{"1..1\nok 1 a\nok 2 b\n", "2 results, but a plan of 1"},
		{"1..0 # SKIP none\nok 1 a\n", "a plan of 0"},
		{"1..2\nok 1 a\nok 3 b\n", "result 2 has the number 3"},
		{"1..2\nok 1 a\nok 1 a\n", "result 2 has the number 1"},
		{"1..1\nok 0 a\n", "the number 0"},
		{"1..1\nok 99999999999999999999 a\n", "has the number -1"},
		{"1..1\n1..1\nok 1 a\n", "two plans"},
		{"ok 1 a\n1..2\nok 2 b\n", "follows the plan"},
		{"1..x\nok 1 a\n", "not a number"},
		{"1..99999999999999999999\nok 1 a\n", "not a number"},
		{"KTAP version 1\n1..1\nok 1 a\nKTAP version 1\n1..1\nok 1 a\n", "second report"},
		{"1..1\n  1..2\n  ok 1 x\nok 1 a\n", "among subtests end at 1 of 2"},
		{"1..1\n  ok 1 x\nok 1 a\n", "no plan among subtests"},
		{"1..1\nok 1 a\n  1..1\n  ok 1 x\n", "without a result of their own"},
		{"1..1\n    1..1\n    ok 1 x\n  1..1\n  ok 1 y\nok 1 a\n",
		 "without a result of their own"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(reports); i++) {
		struct ktap *ktap = parse(reports[i].report, -1);

		if (!ktap_broken(ktap) || !strstr(ktap_broken(ktap), reports[i].words))
			fail_msg("%zu: \"%s\" lacks \"%s\"", i, ktap_broken(ktap),
				 reports[i].words);
		ktap_free(ktap);
	}
}

static void directives_are_told_from_names(void **state)
{
	struct ktap *ktap = parse("1..9\n"
				  "ok 1 a # SKIP no device\n"
				  "not ok 2 b # skip: it says\n"
				  "not ok 3 c # TODO later\n"
				  "ok 4 d # TODO done\n"
				  "ok 5 e \\# SKIP is a word\n"
				  "ok 6 issue #7\n"
				  "not ok 7 # SKIPPING stones\n"
				  "ok 8 # SKIP\n"
				  "not ok 9 no#SKIP\n",
				  -1);

	(void)state;
	assert_null(ktap_broken(ktap));
	assert_counts(ktap, 3, 1, 4, 1);
	assert_string_equal(result_at(ktap, 0)->name, "a");
	assert_string_equal(result_at(ktap, 0)->reason, "no device");
	assert_string_equal(result_at(ktap, 1)->reason, "it says");
	assert_int_equal(result_at(ktap, 2)->outcome, KTAP_TODO);
	assert_int_equal(result_at(ktap, 3)->outcome, KTAP_OK);
	assert_int_equal(result_at(ktap, 4)->outcome, KTAP_OK);
	assert_string_equal(result_at(ktap, 5)->name, "issue #7");
	assert_int_equal(result_at(ktap, 6)->outcome, KTAP_NOT_OK);
	assert_string_equal(result_at(ktap, 7)->reason, "");
	ktap_free(ktap);
}

static void an_empty_plan_tells_its_reason(void **state)
{
	struct ktap *ktap = parse("1..0 # SKIP no KVM here\n", -1);

	(void)state;
	assert_null(ktap_broken(ktap));
	assert_string_equal(ktap_skip_all(ktap), "no KVM here");
	ktap_free(ktap);
	ktap = parse("1..0\n", -1);
	assert_string_equal(ktap_skip_all(ktap), "");
	ktap_free(ktap);
}

static void bailing_out_is_told(void **state)
{
	struct ktap *ktap = parse("1..3\nok 1 a\n  Bail out! no more disk\n", -1);

	(void)state;
	assert_string_equal(ktap_bailed_out(ktap), "no more disk");
	ktap_free(ktap);
	ktap = parse("1..1\nok 1 Bail out!\n", -1);
	assert_null(ktap_bailed_out(ktap));
	ktap_free(ktap);
}

static void comments_belong_to_the_next_result(void **state)
{
	struct ktap *ktap = parse("1..2\nok 1 a\n# seven\n#two\nnot ok 2 b\n", -1);

	(void)state;
	assert_string_equal(result_at(ktap, 0)->comments, "");
	assert_string_equal(result_at(ktap, 1)->comments, "seven\ntwo\n");
	assert_ptr_not_equal(ktap_first_not_ok(ktap), NULL);
	assert_string_equal(ktap_first_not_ok(ktap)->comments, "seven\ntwo\n");
	ktap_free(ktap);
}

static void a_parent_is_no_better_than_its_subtests(void **state)
{
	struct ktap *ktap = parse("1..2\n"
				  "  1..2\n"
				  "    1..1\n"
				  "    not ok 1 deep\n"
				  "  ok 1 x\n"
				  "  ok 2 y\n"
				  "ok 1 a\n"
				  "  1..1\n"
				  "  not ok 1 z # TODO\n"
				  "ok 2 b\n",
				  -1);

	(void)state;
	assert_null(ktap_broken(ktap));
	assert_counts(ktap, 1, 1, 0, 0);
	assert_string_equal(ktap_first_not_ok(ktap)->name, "deep");
	assert_int_equal(ktap_first_not_ok(ktap)->depth, 2);
	assert_int_equal(result_at(ktap, 3)->outcome, KTAP_NOT_OK);
	assert_int_equal(result_at(ktap, 5)->outcome, KTAP_OK);
	ktap_free(ktap);
}

static void nothing_but_results_counts(void **state)
{
	struct ktap *ktap = parse("1..1\nokay 2\nOK 2\nnot  ok 2\n\tok\nok1\n#ok 1\nok 1 a\n", -1);

	(void)state;
	/* A tab is a space: it is a subtest's. */
	assert_int_equal(ktap_results(ktap)->len, 2);
	assert_counts(ktap, 1, 0, 0, 0);
	ktap_free(ktap);
}

static void what_is_told_is_printable(void **state)
{
	static const char report[] = "1..1\n# \xff\x1b[2J\n\0ok\nok 1 a\x1b]0;x\x07\0b\xc3\n";
	struct ktap *ktap = parse(report, sizeof(report) - 1);
	const struct ktap_result *result = result_at(ktap, 0);

	(void)state;
	assert_counts(ktap, 1, 0, 0, 0);
	assert_true(g_utf8_validate(result->name, -1, NULL));
	assert_true(g_utf8_validate(result->comments, -1, NULL));
	assert_null(strpbrk(result->name, "\x1b\x07"));
	assert_non_null(strchr(result->name, 'b'));
	assert_null(strchr(result->comments, '\x1b'));
	ktap_free(ktap);
}

static void length_has_limits(void **state)
{
	g_autofree char *wide = g_strnfill(1000000, 'x');
	struct ktap *ktap = ktap_new();

	(void)state;
	ktap_feed(ktap, "ok 1 ", 5);
	ktap_feed(ktap, wide, 1000000);
	ktap_feed(ktap, "\n", 1);
	for (int i = 0; i < 5000; i++) {
		g_autofree char *line = g_strdup_printf("# %.2000s\nok %d y\n", wide, i + 2);

		ktap_feed(ktap, line, strlen(line));
	}
	ktap_feed(ktap, "not ok 5002 z\n1..5002\n", 22);
	ktap_end(ktap);
	assert_null(ktap_broken(ktap));
	assert_counts(ktap, 5001, 1, 0, 0);
	assert_true(strlen(result_at(ktap, 0)->name) < 5000);
	assert_int_equal(ktap_results(ktap)->len + ktap_untold(ktap), 5002);
	assert_string_equal(ktap_first_not_ok(ktap)->name, "z");
	ktap_free(ktap);
}

static void depth_has_a_limit(void **state)
{
	struct ktap *ktap = ktap_new();

	(void)state;
	for (int i = 0; i < 100; i++) {
		g_autofree char *line = g_strdup_printf("%*sok 1 x\n", i, "");

		ktap_feed(ktap, line, strlen(line));
	}
	ktap_end(ktap);
	assert_non_null(strstr(ktap_broken(ktap), "nested deeper"));
	ktap_free(ktap);
}

/* The same however it comes; and any bytes come to an end. */
static void any_bytes_in_any_pieces(void **state)
{
	static const char *const words[] = {
		"ok ",
		"not ok ",
		"1..",
		"\n",
		"  ",
		"1",
		"2",
		"# ",
		"SKIP ",
		"TODO ",
		"KTAP version 1\n",
		"Bail out!",
		"- ",
		"\xff",
		"99999999999999999999",
	};
	g_autoptr(GRand) rand = g_rand_new_with_seed(1);

	(void)state;
	for (int round = 0; round < 3000; round++) {
		GString *text = g_string_new(NULL);
		struct ktap *whole, *parts = ktap_new();

		for (int i = g_rand_int_range(rand, 0, 60); i > 0; i--)
			g_string_append(text,
					words[g_rand_int_range(rand, 0, G_N_ELEMENTS(words))]);
		if (text->len)
			text->str[g_rand_int_range(rand, 0, text->len)] = g_rand_int(rand);
		whole = parse(text->str, text->len);
		for (size_t i = 0; i < text->len; i++)
			ktap_feed(parts, text->str + i, 1);
		ktap_end(parts);
		assert_int_equal(ktap_results(whole)->len, ktap_results(parts)->len);
		assert_int_equal(!ktap_broken(whole), !ktap_broken(parts));
		ktap_free(whole);
		ktap_free(parts);
		g_string_free(text, TRUE);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(whole_reports_are_taken),
	cmocka_unit_test(broken_reports_are_told),
	cmocka_unit_test(directives_are_told_from_names),
	cmocka_unit_test(an_empty_plan_tells_its_reason),
	cmocka_unit_test(bailing_out_is_told),
	cmocka_unit_test(comments_belong_to_the_next_result),
	cmocka_unit_test(a_parent_is_no_better_than_its_subtests),
	cmocka_unit_test(nothing_but_results_counts),
	cmocka_unit_test(what_is_told_is_printable),
	cmocka_unit_test(length_has_limits),
	cmocka_unit_test(depth_has_a_limit),
	cmocka_unit_test(any_bytes_in_any_pieces),
};

UNIT_MAIN(tests)
