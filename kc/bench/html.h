/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A benchmark as a page that needs nothing else: distributions, ratios, what explains them. */
#ifndef KC_BENCH_HTML_H
#define KC_BENCH_HTML_H

#include "bench/result.h"

/* "-" is stdout. */
bool bench_html_write(const struct bench *bench, const char *file, GError **error);

#endif
