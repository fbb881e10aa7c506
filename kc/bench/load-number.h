/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A load that prints a number. */
#ifndef KC_BENCH_LOAD_NUMBER_H
#define KC_BENCH_LOAD_NUMBER_H

#include "bench/reading.h"

struct load_options {
	const char *number; /* patterns, or NULL */
	const char *operations;
	const char *unit; /* or NULL */
	bool lower; /* is better */
};

struct load_number {
	const struct load_options *options;
	GRegex *number, *operations; /* or NULL */
};

/* @options must outlive it. */
bool load_number_init(struct load_number *load, const struct load_options *options, GError **error);
void load_number_clear(struct load_number *load);

/*
 * The last match of the pattern, its first group where it has one; without a pattern the
 * last number of the last line.
 */
bool load_number_read(const struct load_number *load, const char *output,
		      struct bench_reading *reading, GError **error);

#endif
