/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What QEMU counts of a machine's virtqueues and, with KVM, of its CPUs. */
#ifndef KC_BENCH_COUNT_QEMU_H
#define KC_BENCH_COUNT_QEMU_H

#include "bench/counts.h"
#include "vm/qmp.h"

/* Fails where QEMU does not answer. What it does not know stays unknown. */
bool count_qemu_read(struct counts *counts, struct qmp *qmp, GError **error);

/* Numbers of QEMU's threads, by "query-cpus-fast" or "query-iothreads"; NULL: not known. */
GArray *count_qemu_threads(struct qmp *qmp, const char *command);

/* Of the answer to "query-stats" of all CPUs; NAN where KVM does not tell. */
double count_qemu_exits(JsonNode *answer);

#endif
