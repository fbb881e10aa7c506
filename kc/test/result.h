/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What came of one test on one kernel, as it goes from the process that ran it to kc. */
#ifndef KC_TEST_RESULT_H
#define KC_TEST_RESULT_H

#include "kernel/ktap.h"
#include "test/verdict.h"

struct test_result {
	struct verdict verdict;
	double seconds;
	unsigned run; /* which of this test, from 1; set by who counts them */
	char *bundle; /* the folder; NULL: none */
	char *said; /* what kc had to say meanwhile, lines; may be empty */
	GPtrArray *results; /* of struct ktap_result */
};

struct test_result *test_result_new(void);
void test_result_free(struct test_result *result);

/* Caller frees. */
GBytes *test_result_pack(const struct test_result *result);

/* NULL for bytes that are not a whole one. */
struct test_result *test_result_unpack(GBytes *bytes);

#endif
