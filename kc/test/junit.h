/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The outcomes of tests as JUnit's XML: a suite per device or module. Those of repeated tests
 * are in Maven Surefire's elements, which CI systems show: flakyFailure and flakyError where
 * another run passed, rerunFailure and rerunError behind the first failure where none did.
 */
#ifndef KC_TEST_JUNIT_H
#define KC_TEST_JUNIT_H

#include "base/host-file.h"
#include "test/report.h"

/* Writes all, and puts it in its place. Fails with STATUS_NOT_CARRIED. */
bool junit_write(struct host_file *file, const GPtrArray *tallies, GError **error);

/* @tallies: of struct test_tally *. Caller frees. */
char *junit_text(const GPtrArray *tallies);

#endif
