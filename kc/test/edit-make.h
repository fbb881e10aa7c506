/* SPDX-License-Identifier: GPL-2.0-or-later */
/* make, in the lab, for one thing that was edited. */
#ifndef KC_TEST_EDIT_MAKE_H
#define KC_TEST_EDIT_MAKE_H

#include "lab/lab.h"

/*
 * Runs make with @words in the lab; what it says goes to kc's stderr, and its stdout to *@said,
 * where that is not NULL. @what is what is built, for the error: STATUS_BUILD_FAILED. Blocks,
 * and starts no thread: processes are forked from here afterwards.
 */
bool edit_make(const struct lab *lab, const char *const *words, const char *what, char **said,
	       GError **error);

#endif
