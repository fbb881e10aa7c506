/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A benchmark as JSON: docs/bench-json.md describes it. */
#ifndef KC_BENCH_JSON_H
#define KC_BENCH_JSON_H

#include "bench/result.h"

/* "-" is stdout. */
bool bench_json_write(const struct bench *bench, const char *file, GError **error);

/* What an earlier one wrote. NULL with STATUS_MISUSE. */
struct bench *bench_json_read(const char *file, GError **error);

#endif
