/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which tests are meant. */
#ifndef KC_TEST_LIST_H
#define KC_TEST_LIST_H

#include "test/file.h"

/*
 * The tests that fit one of @wanted, in the order of their files; with no
 * @wanted all of the lab's. A word is a name, of a folder or of a test, with or
 * without "devices/" ("hello", "devices/hello", "hello/smp4"; "modules/hello"), a
 * pattern of these ('*', '?'), or the path of a folder or a file of tests,
 * and "/GROUP" behind it. Of struct test *; caller unrefs. NULL with
 * STATUS_MISUSE for a word that fits nothing, or a file that is wrong.
 */
GPtrArray *test_list_find(const struct lab *lab, char *const *wanted, GError **error);

#endif
