/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One file of tests, checked key by key. */
#ifndef KC_TEST_FILE_H
#define KC_TEST_FILE_H

#include "test-list.h"

#define TEST_FILE_NAME "tests.ini"

/*
 * Appends the tests of @path to @tests, which frees them. @suite is what they
 * are called. Fails with STATUS_MISUSE, naming file, group and key.
 */
bool test_file_load(GPtrArray *tests, const char *path, const char *suite, GError **error);

void test_free(struct test *test);

#endif
