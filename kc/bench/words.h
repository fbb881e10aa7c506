/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Figures in words, which table and page share. Callers free. */
#ifndef KC_BENCH_WORDS_H
#define KC_BENCH_WORDS_H

#include "bench/result.h"

/* Four digits that count, and no more of a large one than its integer. */
char *words_number(double value);

/* The same with a space and its unit, where it has one. */
char *words_value(double value, const char *unit);

/* "x 1.31 (1.28 to 1.35)"; without an interval where there is none. */
char *words_ratio(const struct stats_ratio *ratio);

/* What one operation of @machine took: NULL where it is not known. */
char *words_cost(const struct bench_machine *machine, enum count count);

/* Why it is not known, which is static. */
const char *words_unknown(const struct bench_machine *machine, enum count count);

/* How it was measured: rounds, order, accelerator. One line. */
char *words_method(const struct bench *bench);

/* What a reader must know to believe it; NULL-terminated, freed with g_strfreev(). */
char **words_notes(const struct bench *bench);

/* "TCG", or "KVM and TCG" */
char *words_accelerators(const struct bench *bench);

/* Of what an operation is: "per I/O", "per run of the load" */
char *words_operation(const struct bench *bench);

/* When @bench was made. */
char *words_time(const struct bench *bench);

#endif
