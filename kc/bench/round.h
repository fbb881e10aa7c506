/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One round: a load in a guest that has just come up, and what it cost. */
#ifndef KC_BENCH_ROUND_H
#define KC_BENCH_ROUND_H

#include "bench/carry.h"
#include "bench/load.h"
#include "bench/result.h"
#include "vm/transfer.h"

struct round_plan {
	const struct lab *lab;
	const struct transfer *transfer;
	const char **env; /* of the load and of setup; or NULL */
	const char **setup; /* shell commands that come before it, unmeasured; or NULL */
	const struct load *load;
	const struct carry *carry; /* the load's program, where kc may bring it; or NULL */
};

/*
 * Fails with STATUS_TEST_FAILED where the load or a command of setup does. The caller
 * clears @reading in any case.
 */
bool round_run(const struct round_plan *plan, struct vm *vm, gint64 deadline,
	       struct bench_reading *reading, struct bench_round *round, GError **error);

/* The release of the guest's kernel. Caller frees; NULL with @error. */
char *round_release(struct vm *vm, gint64 deadline, GError **error);

#endif
