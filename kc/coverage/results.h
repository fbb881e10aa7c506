/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What came of it all, in the forms in which it is read. */
#ifndef KC_COVERAGE_RESULTS_H
#define KC_COVERAGE_RESULTS_H

#include "coverage/pair.h"

#include <stdio.h>

struct results {
	const struct lab *lab;
	const char *what; /* was run */
	guint guests; /* that were run; see missing */
	const GPtrArray *missing; /* sentences of those that could not be counted */
	const GPtrArray *pairs;
};

/* Each is for output_write(); @results is a struct results. */
void results_put_json(FILE *out, const void *results);
void results_put_lcov(FILE *out, const void *results);
void results_put_html(FILE *out, const void *results);

/* The sums, and what of each half was never run, in lines for a terminal */
void results_tell(FILE *out, const struct results *results);

/* "82 of 97 lines (84.5 %)" and the like; caller frees. */
char *results_share(unsigned run, unsigned all, const char *what);

/* A function that was never called, of a source of this half; NULL: no more. */
struct results_never {
	guint source, function;
};
const struct source_function *results_next_never(const struct half *half,
						 struct results_never *place,
						 const struct source **source);

#endif
