/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rounds of a benchmark, in turns. */
#ifndef KC_CLI_BENCH_RUN_H
#define KC_CLI_BENCH_RUN_H

#include "bench/carry.h"
#include "bench/load.h"
#include "bench/result.h"
#include "cli/bench-machine.h"

struct bench_options {
	struct bench_machine_options machine; /* of all of them */
	struct load_options load;
	unsigned rounds, warmup;
	unsigned within; /* percent; 0: all rounds are run */
	const char *json, *html, *baseline, *against;
	bool rebuilt;
};

/* One benchmark: what was asked for, and what came of it. */
struct benching {
	const struct bench_options *options;
	struct load *load;
	struct carry carry;
	GPtrArray *targets; /* of struct bench_target */
	struct bench *bench;
};

/* Runs them all into benching->bench. The first that fails ends it; @error names it. */
bool bench_run(const struct benching *benching, GError **error);

#endif
