/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test/junit.h"
#include "kernel/kunit.h"

#include <string.h>

/*
 * Of what is escaped, XML 1.0 allows no control characters but these, not even
 * as references, and no U+FFFE and U+FFFF. The guest may have said anything.
 */
static bool is_xml(gunichar letter)
{
	return letter == '\t' || letter == '\n' || (letter >= 0x20 && letter <= 0xd7ff) ||
	       (letter >= 0xe000 && letter <= 0xfffd) || (letter >= 0x10000 && letter <= 0x10ffff);
}

/* As text or an attribute's value; quotes and "]]>" lose their meaning, too. */
static void add_escaped(GString *out, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);
	GString *clean = g_string_new(NULL);
	g_autofree char *escaped = NULL;

	for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
		gunichar letter = g_utf8_get_char(at);

		g_string_append_unichar(clean, is_xml(letter) ? letter : '?');
	}
	escaped = g_markup_escape_text(clean->str, clean->len);
	g_string_append(out, escaped);
	g_string_free(clean, TRUE);
}

static void add_attribute(GString *out, const char *name, const char *value)
{
	g_string_append_printf(out, " %s=\"", name);
	add_escaped(out, value);
	g_string_append_c(out, '"');
}

static void add_seconds(GString *out, double seconds)
{
	char number[G_ASCII_DTOSTR_BUF_SIZE];

	g_string_append_printf(out, " time=\"%s\"",
			       g_ascii_formatd(number, sizeof(number), "%.3f", seconds));
}

static void add_results(GString *out, const GPtrArray *results)
{
	static const char *const words[] = {
		[KTAP_OK] = "ok",
		[KTAP_NOT_OK] = "not ok",
		[KTAP_SKIP] = "skip",
		[KTAP_TODO] = "not ok, as expected",
	};

	if (!results->len)
		return;
	g_string_append(out, "      <system-out>");
	for (guint i = 0; i < results->len; i++) {
		const struct ktap_result *result = g_ptr_array_index(results, i);

		add_escaped(out, result->comments);
		g_string_append_printf(out, "%*s%s: ", 2 * (int)result->depth, "",
				       words[result->outcome]);
		add_escaped(out, result->name);
		if (*result->reason) {
			g_string_append(out, " # ");
			add_escaped(out, result->reason);
		}
		g_string_append_c(out, '\n');
	}
	g_string_append(out, "</system-out>\n");
}

static bool is_failure(enum verdict_kind kind)
{
	return kind == VERDICT_FAILED || kind == VERDICT_SHORT_PLAN;
}

static void add_reason(GString *out, const struct test_result *result)
{
	add_attribute(out, "type", verdict_name(result->verdict.kind));
	add_attribute(out, "message", result->verdict.why);
	g_string_append_c(out, '>');
}

static void add_evidence(GString *out, const struct test_case *test_case,
			 const struct test_result *result)
{
	const struct verdict *verdict = &result->verdict;
	g_autofree char *again = test_case_again(test_case);

	add_escaped(out, verdict->notes);
	if (result->bundle) {
		g_string_append(out, "all of it: ");
		add_escaped(out, result->bundle);
		g_string_append_c(out, '\n');
	}
	if (verdict->next) {
		g_string_append(out, "next: ");
		add_escaped(out, verdict->next);
		g_string_append_c(out, '\n');
	}
	g_string_append(out, "again: ");
	add_escaped(out, again);
}

static void add_failure(GString *out, const struct test_tally *tally)
{
	const struct test_result *result = test_tally_result(tally);
	const char *name = is_failure(result->verdict.kind) ? "failure" : "error";

	g_string_append_printf(out, "      <%s", name);
	add_reason(out, result);
	add_evidence(out, tally->test_case, result);
	g_string_append_printf(out, "</%s>\n", name);
}

/* One of several runs; what its results were is inside. */
static void add_run(GString *out, const char *element, const struct test_tally *tally,
		    const struct test_result *result)
{
	g_string_append_printf(out, "      <%s", element);
	add_reason(out, result);
	g_string_append_printf(out, "<stackTrace>run %u of %u\n", result->run,
			       test_tally_runs(tally));
	add_evidence(out, tally->test_case, result);
	g_string_append(out, "</stackTrace>\n");
	add_results(out, result->results);
	g_string_append_printf(out, "      </%s>\n", element);
}

/* All that failed alike, behind the first one where that stands by itself. */
static void add_runs(GString *out, const char *element, const struct test_tally *tally,
		     bool failures)
{
	for (guint i = !test_tally_is_flaky(tally); i < tally->failed->len; i++) {
		const struct test_result *result = g_ptr_array_index(tally->failed, i);

		if (is_failure(result->verdict.kind) == failures)
			add_run(out, element, tally, result);
	}
}

/* In the order that Surefire's schema asks for. */
static void add_failures(GString *out, const struct test_tally *tally)
{
	bool flaky = test_tally_is_flaky(tally);
	bool failure = is_failure(test_tally_result(tally)->verdict.kind);

	if (!flaky && failure)
		add_failure(out, tally);
	add_runs(out, flaky ? "flakyFailure" : "rerunFailure", tally, true);
	if (!flaky && !failure)
		add_failure(out, tally);
	add_runs(out, flaky ? "flakyError" : "rerunError", tally, false);
}

static void add_case(GString *out, const struct test_tally *tally)
{
	const struct test_case *test_case = tally->test_case;
	const struct test_result *result = test_tally_result(tally);
	enum verdict_kind kind = test_tally_kind(tally);
	g_autofree char *name = g_strconcat(test_case->test->group,
					    test_case->debug ? " (debug)" : "", NULL);

	g_string_append(out, "    <testcase");
	add_attribute(out, "classname", test_case->test->suite);
	add_attribute(out, "name", name);
	add_seconds(out, tally->seconds);
	g_string_append(out, ">\n");
	if (tally->failed->len) {
		add_failures(out, tally);
	} else if (kind != VERDICT_PASSED) {
		g_string_append(out, "      <skipped");
		add_attribute(out, "message",
			      kind == VERDICT_NOT_RUN ? tally->not_run_why : result->verdict.why);
		g_string_append(out, "/>\n");
	}
	/* Those of a flaky one's failures are inside of them. */
	if (test_tally_is_flaky(tally))
		result = tally->good;
	add_results(out, result->results);
	g_string_append(out, "    </testcase>\n");
}

/* Those of KUnit are known by their own names, and each is a case. */
static void add_kunit_case(GString *out, const struct test *test, const GPtrArray *results,
			   guint index)
{
	const struct ktap_result *result = g_ptr_array_index(results, index);
	g_autofree char *name = kunit_case_name(results, index);

	g_string_append(out, "    <testcase");
	add_attribute(out, "classname", test->name);
	add_attribute(out, "name", name);
	g_string_append(out, ">\n");
	if (result->outcome == KTAP_SKIP || result->outcome == KTAP_NOT_OK) {
		g_string_append(out,
				result->outcome == KTAP_SKIP ? "      <skipped" : "      <failure");
		add_attribute(out, "message",
			      result->outcome == KTAP_SKIP ? result->reason : result->comments);
		g_string_append(out, "/>\n");
	}
	g_string_append(out, "    </testcase>\n");
}

struct sums {
	guint tests, failures, errors, skipped;
	double seconds;
};

/* A flaky test is no failure here, as Surefire counts; the exit status is a failure's. */
static void add_to_sums(struct sums *sums, const struct test_tally *tally)
{
	const struct test_result *result = test_tally_result(tally);
	bool failed = tally->failed->len && !test_tally_is_flaky(tally);

	sums->tests++;
	sums->seconds += tally->seconds;
	if (failed && is_failure(result->verdict.kind))
		sums->failures++;
	else if (failed)
		sums->errors++;
	else if (!tally->failed->len && test_tally_kind(tally) != VERDICT_PASSED)
		sums->skipped++;
}

static void add_kunit_to_sums(struct sums *sums, const struct ktap_result *result)
{
	sums->tests++;
	sums->failures += result->outcome == KTAP_NOT_OK;
	sums->skipped += result->outcome == KTAP_SKIP;
}

/* Adds up alone where @out is NULL. */
static void add_kunit(GString *out, struct sums *sums, const struct test_tally *tally)
{
	const struct test *test = tally->test_case->test;
	const GPtrArray *results = test_tally_result(tally)->results;

	for (guint i = 0; test->kunit && i < results->len; i++) {
		if (!kunit_is_case(results, i))
			continue;
		add_kunit_to_sums(sums, g_ptr_array_index(results, i));
		if (out)
			add_kunit_case(out, test, results, i);
	}
}

static void add_sums(GString *out, const struct sums *sums)
{
	g_string_append_printf(out, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\"",
			       sums->tests, sums->failures, sums->errors, sums->skipped);
	add_seconds(out, sums->seconds);
	g_string_append(out, ">\n");
}

static const char *suite_at(const GPtrArray *tallies, guint index)
{
	const struct test_tally *tally = g_ptr_array_index(tallies, index);

	return tally->test_case->test->suite;
}

/* Those of several suites come mixed, as they ended. */
static void add_suite(GString *out, const GPtrArray *tallies, const char *suite)
{
	g_autoptr(GString) cases = g_string_new(NULL);
	struct sums sums = {0};

	for (guint i = 0; i < tallies->len; i++) {
		const struct test_tally *tally = g_ptr_array_index(tallies, i);

		if (!g_str_equal(suite_at(tallies, i), suite))
			continue;
		add_case(cases, tally);
		add_to_sums(&sums, tally);
		add_kunit(cases, &sums, tally);
	}
	g_string_append(out, "  <testsuite");
	add_attribute(out, "name", suite);
	add_sums(out, &sums);
	g_string_append_len(out, cases->str, cases->len);
	g_string_append(out, "  </testsuite>\n");
}

char *junit_text(const GPtrArray *tallies)
{
	g_autoptr(GHashTable) done = g_hash_table_new(g_str_hash, g_str_equal);
	GString *out = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
	struct sums sums = {0};

	for (guint i = 0; i < tallies->len; i++) {
		add_to_sums(&sums, g_ptr_array_index(tallies, i));
		add_kunit(NULL, &sums, g_ptr_array_index(tallies, i));
	}
	add_sums(out, &sums);
	for (guint i = 0; i < tallies->len; i++)
		if (g_hash_table_add(done, (char *)suite_at(tallies, i)))
			add_suite(out, tallies, suite_at(tallies, i));
	g_string_append(out, "</testsuites>\n");
	return g_string_free(out, FALSE);
}

bool junit_write(struct host_file *file, const GPtrArray *tallies, GError **error)
{
	g_autofree char *text = junit_text(tallies);

	return host_file_write(file, text, strlen(text), error) && host_file_commit(file, error);
}
