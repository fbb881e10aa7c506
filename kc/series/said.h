/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one line of a log that says why. Callers free. */
#ifndef KC_SERIES_SAID_H
#define KC_SERIES_SAID_H

#include "series/outcome.h"

/* @log is all that kc run or kc test said, which ended with @status. */
char *said_by_test(const char *log, enum outcome_kind kind, int status);

/* Of a build: the first error that a compiler, a linker or make tells of. */
char *said_by_build(const char *log);

#endif
