/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Holds graders to what they must find. */
#ifndef KC_LEARN_PROVE_H
#define KC_LEARN_PROVE_H

#include "learn/exercise.h"

#include <stdbool.h>

/*
 * Of each of @exercises: the skeleton fails each step, the solution passes each, and each
 * mistake, or only the first (@quick), gets its own hint first. Prints TAP. Returns 0 or
 * STATUS_TEST_FAILED, or @error.
 */
int prove(const struct lab *lab, const GPtrArray *exercises, bool quick, GError **error);

#endif
