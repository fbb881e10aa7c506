/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One test on one kernel in a machine of its own, to its verdict. */
#ifndef KC_TEST_RUN_H
#define KC_TEST_RUN_H

#include "test/case.h"
#include "test/meet.h"
#include "test/result.h"

struct test_settings {
	bool cold; /* boot, whatever is saved */
	bool no_bundle; /* a failure is expected: nothing is kept of it */
	double timeout; /* seconds; 0: each test's own */
	enum accel_choice accel;
	const char **allow; /* further allow-lists, files; or NULL */
	const char *counts; /* where guests' counters are gathered (coverage.h); or NULL */
};

/* The longest that it may take, in seconds. */
double test_run_limit(const struct test_case *test_case, const struct test_settings *settings);

/*
 * Runs it, in a process of its own: signals and streams are this process'. Where
 * it has another guest to @meet (or NULL), the two count as that says.
 * Never fails: what goes wrong is a verdict. Caller frees.
 */
struct test_result *test_run(const struct test_case *test_case,
			     const struct test_settings *settings, struct meet *meet);

#endif
