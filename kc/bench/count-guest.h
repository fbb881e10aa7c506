/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's own counters, as its /proc has them. */
#ifndef KC_BENCH_COUNT_GUEST_H
#define KC_BENCH_COUNT_GUEST_H

#include "bench/counts.h"

/*
 * What prints what count_guest_read() reads; and the guest's names of kc's own devices,
 * a line each, which are not counted. NULL-terminated.
 */
extern const char *const count_guest_argv[];
extern const char *const count_guest_own_argv[];

/* /proc/stat and /proc/interrupts, one behind the other: fills what they tell. */
void count_guest_read(struct counts *counts, const char *text, const char *own);

#endif
