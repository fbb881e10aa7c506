/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's counters of one QEMU: its CPU time by kind of thread, and of the whole host. */
#ifndef KC_BENCH_COUNT_HOST_H
#define KC_BENCH_COUNT_HOST_H

#include "bench/counts.h"

#include <sys/types.h>

struct host_threads {
	GArray *vcpus, *iothreads; /* of gint64: their ids; NULL: not known */
};

void count_host_read(struct counts *counts, pid_t qemu, const struct host_threads *threads);

/* Seconds that all CPUs of the host were busy, since it booted; NAN: not known. */
double count_host_busy(void);

/* Seconds that this kc took. */
double count_host_own(void);

#endif
