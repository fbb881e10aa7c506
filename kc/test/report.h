/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kc test tells: KTAP as the tests end, progress on a terminal, and a summary. */
#ifndef KC_TEST_REPORT_H
#define KC_TEST_REPORT_H

#include "test/run.h"
#include "test/tally.h"

struct test_report_plan {
	guint tests;
	guint runs; /* of all of them together; 0: known at their end only */
	bool repeated; /* each may be run more than once */
	bool verbose;
};

struct test_report;

struct test_report *test_report_new(const struct test_report_plan *plan);
void test_report_free(struct test_report *report);

/* On a terminal only: what is under way. @running: of struct test_running. */
void test_report_progress(struct test_report *report, const GArray *running);

/* Takes the result of one run, and prints it, unless it was not run. */
void test_report_add(struct test_report *report, const struct test_case *test_case,
		     struct test_result *result);

/* What failed, why, what to do; and how many there are of each. */
void test_report_end(struct test_report *report, int signo);

/* Of struct test_tally *, in the order in which the tests first ended. */
const GPtrArray *test_report_tallies(const struct test_report *report);

/* kc's exit status: that of the worst. */
int test_report_status(const struct test_report *report);

#endif
