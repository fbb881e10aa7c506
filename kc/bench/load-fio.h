/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fio's JSON: of each group of jobs and direction its rate and the quantiles of its latency. */
#ifndef KC_BENCH_LOAD_FIO_H
#define KC_BENCH_LOAD_FIO_H

#include "bench/reading.h"

bool load_fio_read(const char *output, struct bench_reading *reading, GError **error);

#endif
