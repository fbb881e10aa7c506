/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The outcomes of tests as JUnit's XML: a suite per device or module. */
#ifndef KC_JUNIT_H
#define KC_JUNIT_H

#include "test-report.h"

/* @outcomes: of struct test_outcome. Fails with STATUS_NOT_CARRIED; @path is then as before. */
bool junit_write(const char *path, const GArray *outcomes, GError **error);

/* The same as text. Caller frees. */
char *junit_text(const GArray *outcomes);

#endif
