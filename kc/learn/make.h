/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Has make do a verb of the project's, in the background of a wait that a signal ends. */
#ifndef KC_LEARN_MAKE_H
#define KC_LEARN_MAKE_H

#include "lab/lab.h"

/*
 * "make VERB DIR=@dir". What it says goes to *said, which the caller frees. True if it
 * succeeded. False without @error if it did not; with 128 + signal or STATUS_HOST_NOT_READY
 * if it could not be started or did not end. Starts no thread, as forks follow.
 */
bool make_verb(const struct lab *lab, const char *verb, const char *dir, char **said,
	       GError **error);

#endif
