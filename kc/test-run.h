/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One test on one kernel in a machine of its own, to its verdict. */
#ifndef KC_TEST_RUN_H
#define KC_TEST_RUN_H

#include "test-list.h"
#include "test-result.h"

struct test_settings {
	bool cold; /* boot, whatever is saved */
	double timeout; /* seconds; 0: each test's own */
	enum accel_choice accel;
	const char **allow; /* further allow-lists, files; or NULL */
};

struct test_case {
	const struct test *test;
	bool debug; /* on the debug kernel */
	const char *rootfs; /* as of launch_options */
	const char *skip; /* why it is not run; or NULL */
	char *name; /* as it is told */
};

/* The debug kernel checks so much that it takes longer by about this. */

/* The longest that it may take, in seconds. */
double test_run_limit(const struct test_case *test_case, const struct test_settings *settings);

/*
 * Runs it, in a process of its own: signals and streams are this process'.
 * Never fails: what goes wrong is a verdict. Caller frees.
 */
struct test_result *test_run(const struct test_case *test_case,
			     const struct test_settings *settings);

/* The line that runs exactly this one again. Caller frees. */
char *test_run_again(const struct test_case *test_case);

#endif
