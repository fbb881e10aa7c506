/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the machines of host tests share: the lab's QEMU as a microvm that runs nothing, and a folder. */
#ifndef TESTS_BARE_MACHINE_H
#define TESTS_BARE_MACHINE_H

#include "qtest.h"
#include "lab/lab.h"

#define BARE_ROM_BYTES 0x10000

struct bare_machine {
	struct lab *lab;
	char *folder; /* for the test's files */
	char *rom; /* one of these, all zeroes unless the test fills it */
};

/* Of all tests of a file; fails the test where there is no lab. */
void bare_set_up(struct bare_machine *bare);
void bare_drop(struct bare_machine *bare);

/* With @memory and the ROM; @options follow, a NULL ends them. */
void bare_start(const struct bare_machine *bare, struct qtest *qtest, const char *memory,
		char *const *options);

#endif
