/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The load of a benchmark: fio or iperf3, whose JSON is read, or any program that prints
 * a number. Errors of what one printed have STATUS_TEST_FAILED.
 */
#ifndef KC_BENCH_LOAD_H
#define KC_BENCH_LOAD_H

#include "bench/load-number.h"

struct load;

/* @words: what the user typed. NULL with STATUS_MISUSE. */
struct load *load_new(char *const *words, const struct load_options *options, GError **error);
void load_free(struct load *load);

/* "fio", "iperf3" or "number" */
const char *load_kind(const struct load *load);

/* As typed, for people. */
const char *load_text(const struct load *load);

/* What to run; the first word is the program. NULL-terminated. */
const char *const *load_argv(const struct load *load);

/* The program is one that kc knows, and may carry into a guest that has none. */
bool load_is_known(const struct load *load);

/* Reads what it has printed on stdout into @reading, which the caller clears in any case. */
bool load_read(const struct load *load, const char *output, struct bench_reading *reading,
	       GError **error);

#endif
