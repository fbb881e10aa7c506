/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kc test tells: KTAP as the tests end, progress on a terminal, and a summary. */
#ifndef KC_TEST_REPORT_H
#define KC_TEST_REPORT_H

#include "test-run.h"

struct test_outcome {
	const struct test_case *test_case;
	struct test_result *result;
};

struct test_report;

/* Of @total tests. */
struct test_report *test_report_new(guint total, bool verbose);
void test_report_free(struct test_report *report);

/* On a terminal only: what is under way. @running: of struct test_running. */
void test_report_progress(struct test_report *report, const GArray *running);

/* Takes the result of one, and prints it, unless it was not run. */
void test_report_add(struct test_report *report, const struct test_case *test_case,
		     struct test_result *result);

/* What failed, why, what to do; and how many there are of each. */
void test_report_end(struct test_report *report, int signo);

/* Of struct test_outcome, in the order in which they ended. */
const GArray *test_report_outcomes(const struct test_report *report);

/* kc's exit status: that of the worst. */
int test_report_status(const struct test_report *report);

#endif
