// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suites of KUnit: "insmod kc_kunit.ko how=NAME" lets one case of the first
 * pass, fail, skip, or crash; or its suite's init fail.
 */
#include <kunit/test.h>
#include <linux/module.h>

static char *how = "pass";
module_param(how, charp, 0444);
MODULE_PARM_DESC(how, "pass, fail, skip, crash or init");

static void case_steady(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 1 + 1, 2);
}

static void case_varies(struct kunit *test)
{
	int *nowhere = NULL;

	if (!strcmp(how, "skip"))
		kunit_skip(test, "as it was told");
	KUNIT_EXPECT_STRNEQ(test, how, "fail");
	OPTIMIZER_HIDE_VAR(nowhere);
	if (!strcmp(how, "crash"))
		WRITE_ONCE(*nowhere, 1);
}

static const int numbers[] = { 1, 2, 3 };
KUNIT_ARRAY_PARAM(numbers, numbers, NULL);

static void case_many(struct kunit *test)
{
	KUNIT_EXPECT_GT(test, *(const int *)test->param_value, 0);
}

static int suite_init(struct kunit_suite *suite)
{
	return strcmp(how, "init") ? 0 : -EIO;
}

static struct kunit_case varying_cases[] = {
	KUNIT_CASE(case_steady),
	KUNIT_CASE(case_varies),
	KUNIT_CASE_PARAM(case_many, numbers_gen_params),
	{}
};

static struct kunit_suite varying_suite = {
	.name = "kc_varying",
	.suite_init = suite_init,
	.test_cases = varying_cases,
};

static struct kunit_case good_cases[] = {
	KUNIT_CASE(case_steady),
	{}
};

static struct kunit_suite good_suite = {
	.name = "kc_good",
	.test_cases = good_cases,
};

kunit_test_suites(&varying_suite, &good_suite);

MODULE_DESCRIPTION("Suites of KUnit that pass, fail, skip and crash");
MODULE_LICENSE("GPL");
