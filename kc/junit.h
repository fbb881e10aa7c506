/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The outcomes of tests as JUnit's XML: a suite per device or module. */
#ifndef KC_JUNIT_H
#define KC_JUNIT_H

#include "host-file.h"
#include "test-report.h"

/* Writes all, and puts it in its place. Fails with STATUS_NOT_CARRIED. */
bool junit_write(struct host_file *file, const GArray *outcomes, GError **error);

/* @outcomes: of struct test_outcome. Caller frees. */
char *junit_text(const GArray *outcomes);

#endif
