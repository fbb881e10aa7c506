/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KC_TEST_CASE_H
#define KC_TEST_CASE_H

#include "test/file.h"

/* One test on one kernel. */
struct test_case {
	const struct test *test;
	bool debug; /* on the debug kernel */
	const char *kernel, *modules; /* as of launch_options, in place of the lab's; or NULL */
	const char *rootfs; /* as of launch_options */
	const char *skip; /* why it is not run; or NULL */
	char *name; /* as it is told */
};

/* The line that runs exactly this one again. Caller frees. */
char *test_case_again(const struct test_case *test_case);

#endif
