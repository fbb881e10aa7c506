/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests as data: devices/NAME/tests.ini and modules/NAME/tests.ini, one group
 * a test, which says in what machine to run what command.
 */
#ifndef KC_TEST_LIST_H
#define KC_TEST_LIST_H

#include "carry.h"
#include "launch.h"

enum test_kernel { TEST_NORMAL = 1, TEST_DEBUG = 2, TEST_BOTH = 3 };

/* As an option's parser: "normal", "debug" or "both". */
bool test_kernel_parse(const char *value, void *field, GError **error);

struct test {
	const char *name; /* "hello/smp4"; if it is no device's "modules/hello/greets" */
	const char *suite; /* the same without the group */
	const char *group;
	const char *where; /* the file and the group, for messages */
	struct launch_options launch;
	struct carry carry;
	const char *description; /* or NULL */
	const char *command_line;
	char **command; /* the same as words */
	enum test_kernel kernels;
	const char **allow; /* "PATTERN | REASON"; or NULL */
	const char *skip; /* why it is not run; or NULL */
	GStringChunk *strings; /* holds all of these */
};

/*
 * The tests that fit one of @wanted, in the order of their files; with no
 * @wanted all of the lab's. A word is a name, of a folder or of a test, with or
 * without the folder it lies in ("hello", "devices/hello", "hello/smp4"), a
 * pattern of these ('*', '?'), or the path of a folder or a file of tests,
 * and "/GROUP" behind it. Of struct test *; caller unrefs. NULL with
 * STATUS_MISUSE for a word that fits nothing, or a file that is wrong.
 */
GPtrArray *test_list_find(const struct lab *lab, char *const *wanted, GError **error);

#endif
