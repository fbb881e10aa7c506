/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests as data: devices/NAME/tests.ini and modules/NAME/tests.ini, one group
 * a test, which says in what machine to run what command; checked key by key.
 */
#ifndef KC_TEST_FILE_H
#define KC_TEST_FILE_H

#include "vm/launch.h"
#include "vm/transfer.h"

#define TEST_FILE_NAME "tests.ini"

enum test_kernel { TEST_NORMAL = 1, TEST_DEBUG = 2, TEST_BOTH = 3 };

/* As an option's parser: "normal", "debug" or "both". */
bool test_kernel_parse(const char *value, void *field, GError **error);

struct test {
	const char *name; /* "hello/smp4"; if it is no device's "modules/hello/greets" */
	const char *suite; /* the same without the group */
	const char *group;
	const char *where; /* the file and the group, for messages */
	struct launch_options launch;
	struct transfer transfer;
	const char *description; /* or NULL */
	const char *command_line;
	char **command; /* the same as words */
	const char *before_save; /* a command that runs before the machine is saved; or NULL */
	enum test_kernel kernels;
	const char **allow; /* "PATTERN | REASON"; or NULL */
	const char *skip; /* why it is not run; or NULL */
	const char *peer_name; /* the group that is its second guest; or NULL */
	struct test *peer; /* the same, which is nobody else's */
	const char **kunit; /* suites whose results are the test's; or NULL */
	GStringChunk *strings; /* holds all of these */
};

/*
 * Appends the tests of @path to @tests, which frees them. @suite is what they
 * are called. Fails with STATUS_MISUSE, naming file, group and key.
 */
bool test_file_load(GPtrArray *tests, const char *path, const char *suite, GError **error);

void test_free(struct test *test);

#endif
