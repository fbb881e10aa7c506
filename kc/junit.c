/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "junit.h"

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

static void add_failure(GString *out, const struct test_outcome *outcome)
{
	const struct test_result *result = outcome->result;
	const struct verdict *verdict = &result->verdict;
	g_autofree char *again = test_run_again(outcome->test_case);
	bool failed = verdict->kind == VERDICT_FAILED || verdict->kind == VERDICT_SHORT_PLAN;

	g_string_append_printf(out, "      <%s", failed ? "failure" : "error");
	add_attribute(out, "type", verdict_name(verdict->kind));
	add_attribute(out, "message", verdict->why);
	g_string_append_c(out, '>');
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
	g_string_append_printf(out, "</%s>\n", failed ? "failure" : "error");
}

static void add_case(GString *out, const struct test_outcome *outcome)
{
	const struct test_case *test_case = outcome->test_case;
	const struct verdict *verdict = &outcome->result->verdict;
	g_autofree char *name = g_strconcat(test_case->test->group,
					    test_case->debug ? " (debug)" : "", NULL);

	g_string_append(out, "    <testcase");
	add_attribute(out, "classname", test_case->test->suite);
	add_attribute(out, "name", name);
	add_seconds(out, outcome->result->seconds);
	g_string_append(out, ">\n");
	if (verdict->kind == VERDICT_SKIPPED || verdict->kind == VERDICT_NOT_RUN) {
		g_string_append(out, "      <skipped");
		add_attribute(out, "message", verdict->why);
		g_string_append(out, "/>\n");
	} else if (verdict_is_failure(verdict->kind)) {
		add_failure(out, outcome);
	}
	add_results(out, outcome->result->results);
	g_string_append(out, "    </testcase>\n");
}

struct sums {
	guint tests, failures, errors, skipped;
	double seconds;
};

static void add_to_sums(struct sums *sums, const struct test_result *result)
{
	sums->tests++;
	sums->seconds += result->seconds;
	switch (result->verdict.kind) {
	case VERDICT_PASSED:
		break;
	case VERDICT_SKIPPED:
	case VERDICT_NOT_RUN:
		sums->skipped++;
		break;
	case VERDICT_FAILED:
	case VERDICT_SHORT_PLAN:
		sums->failures++;
		break;
	default:
		sums->errors++;
	}
}

static void add_sums(GString *out, const struct sums *sums)
{
	g_string_append_printf(out, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\"",
			       sums->tests, sums->failures, sums->errors, sums->skipped);
	add_seconds(out, sums->seconds);
	g_string_append(out, ">\n");
}

static const struct test_outcome *outcome_at(const GArray *outcomes, guint index)
{
	return &g_array_index(outcomes, struct test_outcome, index);
}

static const char *suite_at(const GArray *outcomes, guint index)
{
	return outcome_at(outcomes, index)->test_case->test->suite;
}

/* Those of several suites come mixed, as they ended. */
static void add_suite(GString *out, const GArray *outcomes, const char *suite)
{
	g_autoptr(GString) cases = g_string_new(NULL);
	struct sums sums = {0};

	for (guint i = 0; i < outcomes->len; i++) {
		if (!g_str_equal(suite_at(outcomes, i), suite))
			continue;
		add_case(cases, outcome_at(outcomes, i));
		add_to_sums(&sums, outcome_at(outcomes, i)->result);
	}
	g_string_append(out, "  <testsuite");
	add_attribute(out, "name", suite);
	add_sums(out, &sums);
	g_string_append_len(out, cases->str, cases->len);
	g_string_append(out, "  </testsuite>\n");
}

char *junit_text(const GArray *outcomes)
{
	g_autoptr(GHashTable) done = g_hash_table_new(g_str_hash, g_str_equal);
	GString *out = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
	struct sums sums = {0};

	for (guint i = 0; i < outcomes->len; i++)
		add_to_sums(&sums, outcome_at(outcomes, i)->result);
	add_sums(out, &sums);
	for (guint i = 0; i < outcomes->len; i++)
		if (g_hash_table_add(done, (char *)suite_at(outcomes, i)))
			add_suite(out, outcomes, suite_at(outcomes, i));
	g_string_append(out, "</testsuites>\n");
	return g_string_free(out, FALSE);
}

bool junit_write(struct host_file *file, const GArray *outcomes, GError **error)
{
	g_autofree char *text = junit_text(outcomes);

	return host_file_write(file, text, strlen(text), error) && host_file_commit(file, error);
}
