/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where exercises are built: a folder of build/learn that goes when kc ends. */
#ifndef KC_LEARN_WORK_H
#define KC_LEARN_WORK_H

#include "learn/exercise.h"

#include <stdbool.h>

/* What is to be graded: a file of the learner's, or one of ours. */
struct entry {
	const struct exercise *exercise;
	const char *label; /* "solution" */
	const char *text; /* of the file */
	const char *only; /* the one step that is wanted; NULL: all */
	bool to_failure; /* what comes behind the first step that fails is not wanted */
	char *dir; /* where it was built */
};

/* STATUS_HOST_NOT_READY where there is no room. Free with work_free(), which removes it. */
char *work_new(const struct lab *lab, GError **error);
void work_free(char *work);

/*
 * Lays out @entries, of struct entry *, in @work and builds them, all at once. False without
 * @error: one does not build, and *said are the compiler's words.
 */
bool work_build(const struct lab *lab, const char *work, const GPtrArray *entries, char **said,
		GError **error);

#endif
