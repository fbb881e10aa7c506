/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Grades a learner's work, and the grader itself by what it must find. */
#ifndef KC_LEARN_CHECK_H
#define KC_LEARN_CHECK_H

#include "learn/exercise.h"

/*
 * Prints what each step came to. Returns 0 if all passed, STATUS_TEST_FAILED if the code is
 * wrong. With @error the environment is, and there is no grade: the solution itself does not
 * build or pass here.
 */
int check(const struct lab *lab, const struct exercise *exercise, const char *text,
	  const char *folder, GError **error);

#endif
