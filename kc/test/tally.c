/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test/tally.h"

struct test_tally *test_tally_new(const struct test_case *test_case)
{
	struct test_tally *tally = g_new0(struct test_tally, 1);

	tally->test_case = test_case;
	tally->failed = g_ptr_array_new_with_free_func((GDestroyNotify)test_result_free);
	return tally;
}

void test_tally_free(struct test_tally *tally)
{
	g_ptr_array_unref(tally->failed);
	test_result_free(tally->good);
	g_free(tally->not_run_why);
	g_free(tally);
}

void test_tally_add(struct test_tally *tally, struct test_result *result)
{
	enum verdict_kind kind = result->verdict.kind;

	tally->seconds += result->seconds;
	tally->passed += kind == VERDICT_PASSED;
	tally->skipped += kind == VERDICT_SKIPPED;
	tally->not_run += kind == VERDICT_NOT_RUN;
	if (kind == VERDICT_NOT_RUN) {
		g_free(tally->not_run_why);
		tally->not_run_why = g_strdup(result->verdict.why);
	}
	if (kind != VERDICT_NOT_RUN && verdict_is_failure(kind)) {
		g_ptr_array_add(tally->failed, result);
	} else {
		test_result_free(tally->good);
		tally->good = result;
	}
}

guint test_tally_runs(const struct test_tally *tally)
{
	return tally->passed + tally->skipped + tally->failed->len;
}

bool test_tally_is_flaky(const struct test_tally *tally)
{
	return tally->failed->len && tally->passed;
}

enum verdict_kind test_tally_kind(const struct test_tally *tally)
{
	enum verdict_kind worst = VERDICT_SKIPPED;

	for (guint i = 0; i < tally->failed->len; i++) {
		const struct test_result *result = g_ptr_array_index(tally->failed, i);

		worst = MAX(worst, result->verdict.kind);
	}
	if (tally->failed->len)
		return worst;
	if (tally->not_run)
		return VERDICT_NOT_RUN;
	return tally->passed ? VERDICT_PASSED : VERDICT_SKIPPED;
}

char *test_tally_verdict(const struct test_tally *tally)
{
	const char *name = test_tally_is_flaky(tally) ? "flaky"
						      : verdict_name(test_tally_kind(tally));

	if (test_tally_runs(tally) < 2)
		return g_strdup(name);
	return g_strdup_printf("%s, %u of %u", name, tally->failed->len, test_tally_runs(tally));
}

const struct test_result *test_tally_result(const struct test_tally *tally)
{
	return tally->failed->len ? g_ptr_array_index(tally->failed, 0) : tally->good;
}
