/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kc watch of files in the trees that the kernel and QEMU are built of. */
#ifndef KC_CLI_WATCH_TREES_H
#define KC_CLI_WATCH_TREES_H

#include "cli/guest-command.h"

struct watch_trees {
	const struct lab *lab;
	const struct guest_command *command; /* the machine, and what goes into it */
	char **load; /* the command that runs in it; NULL: none was said */
	const char **tests; /* to run in place of it, as of test_list_find(); or NULL */
	const char **changed; /* files; NULL: those that were named */
	GPtrArray *places; /* of struct edit_place * */
	bool on_disk; /* filled in: the command's machine has its root there */
};

/*
 * Fills @trees->places from @words; they stay NULL where none is a path in a tree. Fails with
 * STATUS_MISUSE where only some are.
 */
bool watch_trees_find(struct watch_trees *trees, char **words, GError **error);
void watch_trees_clear(struct watch_trees *trees);

/* Builds what has changed, and runs the command or the tests. Returns kc's exit status for it. */
int watch_trees_once(struct watch_trees *trees, GError **error);

/* The same after each save, until a signal. */
void watch_trees_keep(struct watch_trees *trees, GError **error);

#endif
