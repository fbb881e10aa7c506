/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/test-cases.h"
#include "base/options.h"
#include "base/status.h"
#include "vm/launch.h"

#include <stdio.h>

static void free_case(void *data)
{
	struct test_case *test_case = data;

	g_free(test_case->name);
	g_free(test_case);
}

static void add_case(GPtrArray *cases, const struct test *test, bool debug, const char *skip)
{
	struct test_case *test_case = g_new0(struct test_case, 1);

	test_case->test = test;
	test_case->debug = debug;
	test_case->skip = test->skip ? test->skip : skip;
	test_case->name = g_strconcat(test->name, debug ? " (debug)" : "", NULL);
	g_ptr_array_add(cases, test_case);
}

GPtrArray *test_cases_new(const GPtrArray *tests, enum test_kernel wanted, bool have_debug)
{
	GPtrArray *cases = g_ptr_array_new_with_free_func(free_case);

	for (guint i = 0; i < tests->len; i++) {
		const struct test *test = g_ptr_array_index(tests, i);

		if (test->kernels & wanted & TEST_NORMAL)
			add_case(cases, test, false, NULL);
	}
	for (guint i = 0; i < tests->len; i++) {
		const struct test *test = g_ptr_array_index(tests, i);

		if ((test->kernels & wanted & TEST_DEBUG) &&
		    (have_debug || test->kernels == TEST_DEBUG))
			add_case(cases, test, true,
				 have_debug ? NULL : "the debug kernel is not built");
	}
	return cases;
}

bool test_cases_find_debug(enum test_kernel wanted, bool *found, GError **error)
{
	struct lab *lab = lab_find(error);
	bool ok = lab;

	if (lab) {
		lab_use(lab, LAB_DEBUG);
		*found = lab_has(lab, LAB_VMLINUX);
		ok = wanted != TEST_DEBUG || lab_require(lab, LAB_VMLINUX, error);
		lab_free(lab);
	}
	if (ok && wanted == TEST_BOTH && !*found)
		fprintf(stderr, "kc: on the normal kernel only: the debug kernel is not built; "
				"'make linux-debug' builds it\n");
	return ok;
}

void test_cases_use_rootfs(GPtrArray *cases, const char *rootfs)
{
	for (guint i = 0; i < cases->len; i++) {
		struct test_case *test_case = g_ptr_array_index(cases, i);

		if (launch_names_root(test_case->test->launch.root))
			test_case->rootfs = rootfs;
	}
}

void test_cases_use_kernel(GPtrArray *cases, const char *kernel, const char *modules)
{
	for (guint i = 0; i < cases->len; i++) {
		struct test_case *test_case = g_ptr_array_index(cases, i);

		test_case->kernel = kernel;
		test_case->modules = modules;
	}
}

bool test_shard_parse(const char *value, void *field, GError **error)
{
	struct test_shard *shard = field;
	g_auto(GStrv) parts = g_strsplit(value, "/", 2);
	GError *wrong = NULL;

	if (g_strv_length(parts) == 2 && option_count(parts[0], &shard->index, &wrong) &&
	    option_count(parts[1], &shard->count, &wrong) && shard->index <= shard->count)
		return true;
	g_clear_error(&wrong);
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "'%s' is not a share such as 2/8, the second of eight", value);
	return false;
}

/* Like cards, so that the long tests of one device go to several hosts. */
void test_shard_take(GPtrArray *tests, const struct test_shard *shard)
{
	for (guint i = shard->count ? tests->len : 0; i-- > 0;)
		if (i % shard->count != shard->index - 1)
			g_ptr_array_remove_index(tests, i);
}
