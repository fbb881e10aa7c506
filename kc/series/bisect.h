/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first commit on which a test fails, by git's own bisection in our checkout. */
#ifndef KC_SERIES_BISECT_H
#define KC_SERIES_BISECT_H

#include "series/series.h"

struct bisect_ends {
	const char *good, *bad; /* as the user named them */
	bool trusted; /* neither is tested first */
};

/*
 * Returns kc's exit status: 0 where it was found, 125 where commits that cannot be told are in
 * the way. With @error: one of the ends is not as it was said to be, or it was ended.
 */
int bisect(struct series *series, const struct bisect_ends *ends, GError **error);

#endif
