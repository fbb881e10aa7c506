/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs the steps of what was built, each in a guest of its own, and says what each came to. */
#ifndef KC_LEARN_GRADE_H
#define KC_LEARN_GRADE_H

#include "learn/work.h"
#include "test/verdict-kind.h"

struct grade_step {
	const struct entry *entry;
	char *name;
	char *description;
	bool begun;
	enum verdict_kind kind;
	char *mistake; /* that the grader knows; or NULL */
	char *found; /* what was seen, lines; may be empty */
	char *bundle; /* the folder of all that was seen; or NULL */
	bool by_symptom; /* no guest named the mistake */
	/* The guest itself said that the step failed: nothing but the code is to blame. */
	bool certain;
	bool killed; /* its QEMU, from outside: nothing of the code is known */
};

/*
 * The steps of @entries, which are built, in their order; of struct grade_step, caller
 * unrefs. @keep: all that was seen of a failure. NULL with @error.
 */
GPtrArray *grade(const struct lab *lab, const GPtrArray *entries, bool keep, GError **error);

#endif
