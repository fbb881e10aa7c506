/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A test on every commit of a range, the oldest first. */
#ifndef KC_SERIES_EACH_H
#define KC_SERIES_EACH_H

#include "series/series.h"

/*
 * @range: "BASE..HEAD", or BASE alone for BASE..HEAD. Prints a table at the end. Returns 0 where
 * all passed, 1 where one fails or does not build, else 125 where one cannot be told.
 */
int each(struct series *series, const char *range, GError **error);

#endif
