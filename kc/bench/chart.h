/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rounds of one figure as SVG: each a dot, and below the share of them up to each value. */
#ifndef KC_BENCH_CHART_H
#define KC_BENCH_CHART_H

#include "bench/result.h"

#include <stdio.h>

void bench_chart_put(FILE *out, const struct bench *bench, guint metric);

/* The hue by which the machine @i is known throughout the page: 0 to 359. */
unsigned bench_chart_hue(const struct bench *bench, guint i);

#endif
