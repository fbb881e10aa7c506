/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a run of a load cost: read before and after it and never meanwhile, from
 * counters that QEMU and both kernels keep anyway, so that the run is not disturbed.
 */
#ifndef KC_BENCH_COUNTS_H
#define KC_BENCH_COUNTS_H

#include <glib.h>

/* Member, name in JSON, in words, and what each is multiplied by to be told. */
#define COUNT_LIST(X)                                                      \
	X(KICKS, "kicks", "kicks", 1)                                      \
	X(INTERRUPTS, "interrupts", "interrupts", 1)                       \
	X(SUPPRESSED, "interrupts_suppressed", "interrupts not needed", 1) \
	X(TAKEN, "guest_virtio_interrupts", "guest: virtio interrupts", 1) \
	X(TIMER, "guest_timer_interrupts", "guest: timer interrupts", 1)   \
	X(IPI, "guest_ipis", "guest: interrupts between CPUs", 1)          \
	X(EXITS, "exits", "exits to the host", 1)                          \
	X(GUEST_CPU, "guest_cpu_s", "guest CPU, us", 1e6)                  \
	X(GUEST_KERNEL, "guest_kernel_s", "  of it the kernel's", 1e6)     \
	X(HOST_CPU, "host_cpu_s", "host CPU of QEMU, us", 1e6)             \
	X(HOST_VCPUS, "host_vcpus_s", "  of it the guest's CPUs", 1e6)     \
	X(HOST_IOTHREADS, "host_iothreads_s", "  of it iothreads", 1e6)    \
	X(HOST_REST, "host_rest_s", "  of it main loop and workers", 1e6)

/* The id of a device of kc's own, which is not counted; the agent's is not, either. */
#define COUNT_OWN_ID "kc-bench"

#define COUNT_MEMBER(member, name, words, scale) COUNT_##member,
enum count { COUNT_LIST(COUNT_MEMBER) COUNTS };

/* Of one moment, or between two; NAN: not known. Times are seconds. */
struct counts {
	double of[COUNTS];
};

void counts_unknown(struct counts *counts);
void counts_subtract(struct counts *counts, const struct counts *before);

const char *count_name(enum count count);
const char *count_words(enum count count);
double count_scale(enum count count);

#endif
