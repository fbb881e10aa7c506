/* SPDX-License-Identifier: GPL-2.0-or-later */
/* iperf3's JSON: what arrived, and what had to be sent again or was lost. */
#ifndef KC_BENCH_LOAD_IPERF3_H
#define KC_BENCH_LOAD_IPERF3_H

#include "bench/reading.h"

bool load_iperf3_read(const char *output, struct bench_reading *reading, GError **error);

#endif
