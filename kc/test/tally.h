/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All runs of one test, and what they come to: one that fails now and then is flaky. */
#ifndef KC_TEST_TALLY_H
#define KC_TEST_TALLY_H

#include "test/case.h"
#include "test/result.h"

struct test_tally {
	const struct test_case *test_case;
	guint passed, skipped, not_run;
	GPtrArray *failed; /* of struct test_result *, in the order in which they ended */
	struct test_result *good; /* the last one of the others; NULL: there is none */
	char *not_run_why; /* of the last that was not run; or NULL */
	double seconds; /* of all together */
};

struct test_tally *test_tally_new(const struct test_case *test_case);
void test_tally_free(struct test_tally *tally);

/* Takes @result. */
void test_tally_add(struct test_tally *tally, struct test_result *result);

/* How many have been run. */
guint test_tally_runs(const struct test_tally *tally);

bool test_tally_is_flaky(const struct test_tally *tally);

/* The worst; where none failed and some were not run, that. */
enum verdict_kind test_tally_kind(const struct test_tally *tally);

/* "hang"; of several runs "hang, 50 of 50" or "flaky, 3 of 50". Caller frees. */
char *test_tally_verdict(const struct test_tally *tally);

/* What stands for all: the first that failed, else the last. */
const struct test_result *test_tally_result(const struct test_tally *tally);

#endif
