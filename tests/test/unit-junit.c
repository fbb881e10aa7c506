/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Results on their way: packed, unpacked, damaged; and as XML that any parser reads. */
#include "test/junit.h"
#include "../unit.h"

#include <string.h>

#define HOSTILE "]]> <a b=\"c\" d='e'>&amp; \x01\x1b[2J\xff\xc0 \xef\xbf\xbf\xed\xa0\x80 end"

static struct test_result *hostile_result(enum verdict_kind kind)
{
	struct test_result *result = test_result_new();
	struct ktap_result one = {KTAP_NOT_OK, 2, HOSTILE, HOSTILE, HOSTILE "\n"};

	result->verdict = (struct verdict){
		.kind = kind,
		.why = g_strdup(HOSTILE),
		.notes = g_strdup(HOSTILE "\n"),
		.next = g_strdup("look"),
	};
	result->seconds = 1.25;
	result->bundle = g_strdup("build/failures/" HOSTILE);
	result->said = g_strdup("");
	g_ptr_array_add(result->results, ktap_result_copy(&one));
	return result;
}

static void results_survive_the_way(void **state)
{
	struct test_result *result = hostile_result(VERDICT_SPLAT);
	g_autoptr(GBytes) bytes = test_result_pack(result);
	struct test_result *back = test_result_unpack(bytes);
	const struct ktap_result *one;

	(void)state;
	assert_non_null(back);
	assert_int_equal(back->verdict.kind, VERDICT_SPLAT);
	assert_true(g_str_has_suffix(back->verdict.why, " end"));
	assert_string_equal(back->verdict.next, "look");
	assert_int_equal(back->results->len, 1);
	one = g_ptr_array_index(back->results, 0);
	assert_int_equal(one->outcome, KTAP_NOT_OK);
	assert_int_equal(one->depth, 2);
	test_result_free(result);
	test_result_free(back);
}

/* A process that died while it wrote. */
static void cut_results_are_refused(void **state)
{
	struct test_result *result = hostile_result(VERDICT_PASSED);
	g_autoptr(GBytes) bytes = test_result_pack(result);
	gsize len = g_bytes_get_size(bytes);

	(void)state;
	for (gsize cut = 0; cut < len; cut++) {
		g_autoptr(GBytes) part = g_bytes_new_from_bytes(bytes, 0, cut);

		assert_null(test_result_unpack(part));
	}
	test_result_free(result);
}

static bool is_well_formed(const char *text, GError **error)
{
	static const GMarkupParser parser = {NULL, NULL, NULL, NULL, NULL};
	g_autoptr(GMarkupParseContext) context = g_markup_parse_context_new(
		&parser, G_MARKUP_TREAT_CDATA_AS_TEXT, NULL, NULL);

	return g_markup_parse_context_parse(context, text, strlen(text), error) &&
	       g_markup_parse_context_end_parse(context, error);
}

static GPtrArray *tallies_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)test_tally_free);
}

static void any_text_is_well_formed(void **state)
{
	const struct test test = {.suite = HOSTILE, .group = HOSTILE, .name = HOSTILE};
	const struct test_case test_case = {.test = &test, .debug = true};
	g_autoptr(GPtrArray) tallies = tallies_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;

	(void)state;
	for (int kind = 0; kind < VERDICT_KINDS; kind++) {
		struct test_tally *tally = test_tally_new(&test_case);

		test_tally_add(tally, hostile_result(kind));
		g_ptr_array_add(tallies, tally);
	}
	text = junit_text(tallies);
	if (!is_well_formed(text, &error))
		fail_msg("%s", error->message);
	assert_null(strpbrk(text, "\x01\x1b\xff"));
	assert_null(strstr(text, "]]>"));
	assert_null(strstr(text, "\xef\xbf\xbf"));
	assert_non_null(strstr(text, "<error type=\"kernel splat\" message=\"]]&gt;"));
	assert_non_null(strstr(text, "time=\"1.250\""));
	assert_non_null(strstr(text, " tests=\"13\" failures=\"2\" errors=\"8\" skipped=\"2\""));
}

/* The text for one test whose runs ended so; in @judged the verdict. Caller frees. */
static char *text_of_runs(const enum verdict_kind *kinds, size_t count, char **judged)
{
	static const struct test test = {.suite = "s", .group = "g", .name = "s/g"};
	static const struct test_case test_case = {.test = &test};
	g_autoptr(GPtrArray) tallies = tallies_new();
	struct test_tally *tally = test_tally_new(&test_case);

	g_ptr_array_add(tallies, tally);
	for (size_t i = 0; i < count; i++) {
		struct test_result *result = hostile_result(kinds[i]);

		result->run = i + 1;
		test_tally_add(tally, result);
	}
	*judged = test_tally_verdict(tally);
	return junit_text(tallies);
}

static void flaky_runs_are_no_failure(void **state)
{
	const enum verdict_kind kinds[] = {VERDICT_PASSED, VERDICT_HANG, VERDICT_PASSED,
					   VERDICT_FAILED, VERDICT_NOT_RUN};
	g_autofree char *judged = NULL;
	g_autofree char *text = text_of_runs(kinds, G_N_ELEMENTS(kinds), &judged);
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_string_equal(judged, "flaky, 2 of 4");
	assert_true(is_well_formed(text, &error));
	assert_non_null(strstr(text, " tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\""));
	assert_non_null(strstr(text, "<flakyFailure type=\"failed\""));
	assert_non_null(strstr(text, "<stackTrace>run 4 of 4"));
	/* As the schema orders them, whichever came first. */
	assert_non_null(strstr(strstr(text, "</flakyFailure>"), "<flakyError type=\"hang\""));
	assert_null(strstr(text, "<failure"));
	assert_null(strstr(text, "rerun"));
}

static void runs_that_all_fail_are_one_failure(void **state)
{
	const enum verdict_kind kinds[] = {VERDICT_FAILED, VERDICT_PANIC, VERDICT_FAILED};
	g_autofree char *judged = NULL;
	g_autofree char *text = text_of_runs(kinds, G_N_ELEMENTS(kinds), &judged);

	(void)state;
	assert_string_equal(judged, "panic, 3 of 3");
	assert_non_null(strstr(text, " tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\""));
	assert_non_null(strstr(text, "<failure type=\"failed\""));
	assert_non_null(strstr(strstr(text, "</failure>"), "<rerunFailure type=\"failed\""));
	assert_non_null(strstr(strstr(text, "</rerunFailure>"), "<rerunError type=\"panic\""));
	assert_null(strstr(text, "flaky"));
}

static void runs_that_were_not_run_are_skipped(void **state)
{
	const enum verdict_kind kinds[] = {VERDICT_NOT_RUN, VERDICT_PASSED};
	g_autofree char *judged = NULL;
	g_autofree char *text = text_of_runs(kinds, G_N_ELEMENTS(kinds), &judged);

	(void)state;
	assert_non_null(strstr(text, " tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"1\""));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(results_survive_the_way),
	cmocka_unit_test(cut_results_are_refused),
	cmocka_unit_test(any_text_is_well_formed),
	cmocka_unit_test(flaky_runs_are_no_failure),
	cmocka_unit_test(runs_that_all_fail_are_one_failure),
	cmocka_unit_test(runs_that_were_not_run_are_skipped),
};

UNIT_MAIN(tests)
