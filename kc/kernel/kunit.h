/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The results of KUnit's suites, as they stand in the kernel's log: of those
 * that are built in and of those of modules. Only records of the kernel's own
 * facility count, which no program can write.
 */
#ifndef KC_KERNEL_KUNIT_H
#define KC_KERNEL_KUNIT_H

#include "kernel/ktap.h"

struct kunit_log;

struct kunit_log *kunit_log_new(void);
void kunit_log_free(struct kunit_log *log);

/* One or more records, whole, as the agent forwards them. */
void kunit_log_kmsg(struct kunit_log *log, const char *data, size_t len);

/*
 * The suites that fit one of @wanted (names with '*' and '?'; NULL: all) as one
 * report in KTAP. A suite that was announced and has not ended lacks its
 * result; of one that is wanted and never came the report bails out. NULL: none
 * is wanted, and none came. Caller frees.
 */
char *kunit_log_report(const struct kunit_log *log, const char *const *wanted);

/*
 * What is wrong with any suite, a line: "2 of 9 cases of KUnit failed, the
 * first: list.add: EXPECTATION FAILED at x.c:12", and in *report, if that is
 * not NULL, all of them. NULL: nothing. Caller frees both.
 */
char *kunit_log_complaint(const struct kunit_log *log, char **report);

/* "SUITE.CASE" of a result of such a report; of a suite its name. Caller frees. */
char *kunit_case_name(const GPtrArray *results, guint index);

/* It is a case, and no suite of some. */
bool kunit_is_case(const GPtrArray *results, guint index);

#endif
