/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a benchmark ran. Figures of two hosts, or of two accelerators, are not compared. */
#ifndef KC_BENCH_HOST_H
#define KC_BENCH_HOST_H

#include "bench/result.h"

/* This one. */
void host_fill(struct bench_host *host);

/* Tells one build from another by what is in it: a hash. NULL: it cannot be read. Caller frees. */
char *host_build_of(const char *file);

/*
 * Whether @now may be compared with its baseline: the same host, load and accelerator, and,
 * unless @rebuilt, the same builds of QEMU, of the guest's kernel and of what is brought into it. Fails with
 * STATUS_MISUSE, naming what differs.
 */
bool host_comparable(const struct bench *now, const struct bench *then, bool rebuilt,
		     GError **error);

#endif
