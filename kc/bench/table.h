/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A benchmark for a terminal or a log: plain lines. */
#ifndef KC_BENCH_TABLE_H
#define KC_BENCH_TABLE_H

#include "bench/result.h"

#include <stdio.h>

void bench_table_print(const struct bench *bench, FILE *out);

#endif
