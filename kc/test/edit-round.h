/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One turn after an edit: build what changed, run the tests, say what came of it. */
#ifndef KC_TEST_EDIT_ROUND_H
#define KC_TEST_EDIT_ROUND_H

#include "test/edit.h"

/* A folder of devices/ or modules/, and which of its tests are wanted. */
struct edit_target {
	char *folder; /* "devices/hello" */
	char *suite; /* what its tests are called by: "hello" */
	char *group; /* the one test; NULL: the first, or all */
};

/*
 * What @word means: a device or a module ("hello", "modules/hello"), or one of
 * its tests ("hello/smp4"). NULL with STATUS_MISUSE if nothing. Caller frees.
 */
struct edit_target *edit_target_find(const struct lab *lab, const char *word, GError **error);

/* All that there are, of struct edit_target *; caller unrefs. */
GPtrArray *edit_target_all(const struct lab *lab);
void edit_target_free(struct edit_target *target);

/*
 * Builds those of @parts that the target has, and runs its first test, or
 * @all of them. Returns kc's exit status for it: 0 passed, else the worst of
 * the tests, or with @error STATUS_BUILD_FAILED.
 */
int edit_round(const struct lab *lab, const struct edit_target *target, unsigned parts, bool all,
	       GError **error);

/*
 * Runs the tests that @words name, as of test_list_find(), in guests that get @modules, of
 * char *, files of the host's, first. @cold: each boots. The status as of edit_round().
 */
int edit_run_tests(const struct lab *lab, char *const *words, const GPtrArray *modules, bool cold,
		   GError **error);

#endif
