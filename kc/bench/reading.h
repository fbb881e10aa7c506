/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one run of a load says of itself. */
#ifndef KC_BENCH_READING_H
#define KC_BENCH_READING_H

#include <glib.h>
#include <stdbool.h>

struct bench_figure {
	char *name; /* "iops" */
	char *unit; /* "us"; or "" */
	bool lower; /* is better */
	double value;
};

struct bench_reading {
	GArray *figures; /* of struct bench_figure; the first is what the load is about */
	double operations; /* that it made: what is counted is told of each */
	const char *operation; /* in words: "I/O" */
};

void reading_init(struct bench_reading *reading);
void reading_clear(struct bench_reading *reading);

/* @name is taken. */
void reading_add(struct bench_reading *reading, char *name, const char *unit, bool lower,
		 double value);

#endif
