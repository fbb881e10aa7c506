/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of what a saved machine takes along: modules are loaded and a command
 * runs, the machine is saved, and the test's own command runs in one that goes
 * on from there, in another QEMU.
 */
#ifndef KC_TEST_BEFORE_SAVE_H
#define KC_TEST_BEFORE_SAVE_H

#include "snapshot/snapshot.h"
#include "test/evidence.h"
#include "test/file.h"

struct before_save {
	struct snapshot_preparation preparation;
	const struct test *test;
	const struct lab *lab;
	double timeout; /* seconds */
	char **inputs;
	char *what;
};

/* Fills @before, which borrows @test and @lab; *before->preparation is for the start. */
void before_save_init(struct before_save *before, const struct test *test, const struct lab *lab,
		      double timeout);
void before_save_clear(struct before_save *before);

#endif
