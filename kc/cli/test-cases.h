/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which tests kc test runs, and on which kernel each. */
#ifndef KC_CLI_TEST_CASES_H
#define KC_CLI_TEST_CASES_H

#include "test/case.h"

struct test_shard {
	unsigned index, count; /* the first is 1; @count 0: not said */
};

/* An option's parser: "2/8". */
bool test_shard_parse(const char *value, void *field, GError **error);

/* Leaves of @tests, of struct test *, what is in this share. */
void test_shard_take(GPtrArray *tests, const struct test_shard *shard);

/*
 * All on the normal kernel first: what fails there fails sooner. Without a
 * debug kernel only what is for that alone is told as skipped. Caller unrefs.
 */
GPtrArray *test_cases_new(const GPtrArray *tests, enum test_kernel wanted, bool have_debug);

/* It need not be there, unless it alone is @wanted: then it fails, naming the verb that makes it. */
bool test_cases_find_debug(enum test_kernel wanted, bool *found, GError **error);

/* @rootfs is for those that name none of their own, and outlives @cases. */
void test_cases_use_rootfs(GPtrArray *cases, const char *rootfs);

/* All are for the user's kernel; as of launch_options, both outlive @cases. */
void test_cases_use_kernel(GPtrArray *cases, const char *kernel, const char *modules);

#endif
