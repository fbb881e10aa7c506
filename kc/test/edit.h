/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is to be built after an edit of a device or a module, and building it. */
#ifndef KC_TEST_EDIT_H
#define KC_TEST_EDIT_H

#include "lab/lab.h"

enum edit_part {
	EDIT_DRIVER = 1, /* the kernel module */
	EDIT_DEVICE = 2, /* QEMU */
	EDIT_TEST = 4, /* the guest's test program */
	EDIT_BUILDS = 7, /* all of these */
	EDIT_TESTS = 8 /* nothing is built, but the tests are others */
};

/* Of the file @name in a folder of devices/ or modules/; 0: it is none of theirs. */
unsigned edit_parts_of(const char *name);

/* Those of @parts that @folder, such as devices/hello of the lab, has at all. */
unsigned edit_parts_in(const struct lab *lab, const char *folder, unsigned parts);

/* "driver", "device" or "test". */
const char *edit_part_name(enum edit_part part);
bool edit_part_parse(const char *name, enum edit_part *part);

/*
 * Builds one part; what the compiler says comes as it is. Fails with
 * STATUS_BUILD_FAILED; what was built before is still there then. Blocks, and
 * starts no thread: processes are forked from here afterwards.
 */
bool edit_build(const struct lab *lab, const char *folder, enum edit_part part, GError **error);

/* The test program of @folder; NULL if it has none. Caller frees. */
char *edit_test_program(const struct lab *lab, const char *folder);

#endif
