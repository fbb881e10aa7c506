/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A benchmark as data: machines, their rounds, and what those measured. */
#ifndef KC_BENCH_RESULT_H
#define KC_BENCH_RESULT_H

#include "bench/counts.h"
#include "bench/reading.h"
#include "bench/stats.h"

struct bench_metric {
	char *name;
	char *unit;
	bool lower; /* is better */
};

struct bench_round {
	unsigned place; /* in the order in which they were run, from 1; warm-ups count */
	double started; /* seconds since the first one began */
	double seconds; /* that the load took */
	double operations;
	double others; /* the share of the host's CPUs that others than QEMU took; NAN: not known */
	struct counts counts;
	double *values; /* of each metric */
};

struct bench_machine {
	char *name;
	char *options; /* what it has for itself, as typed */
	char *settings; /* all that it has, in one way of saying it */
	bool kvm;
	char *qemu, *kernel; /* files */
	char *qemu_version, *release; /* what they say of themselves */
	char *qemu_build, *kernel_build; /* tell one build from another */
	char *files_build; /* of the modules and files that it is given; NULL: none */
	GArray *rounds; /* of struct bench_round, without warm-ups */
};

struct bench_host {
	char *cpu, *kernel; /* its model; and the host's own, by release */
	gint64 cpus, memory_mib;
};

struct bench {
	gint64 time; /* when it began: seconds since 1970 */
	char *load; /* as typed */
	char *kind, *operation;
	unsigned rounds, warmup; /* of each machine, that were measured; and before */
	unsigned rounds_most; /* that were asked for */
	unsigned within; /* percent that all intervals of the first figure are to keep to; 0: any */
	struct bench_host host;
	GArray *metrics; /* of struct bench_metric */
	GPtrArray *machines; /* of struct bench_machine; others are compared with the first */
	char *against; /* name of another that they are compared with, too; or NULL */
	struct bench *baseline; /* an earlier one; or NULL */
	char *baseline_file;
};

struct bench *bench_new(void);
void bench_free(struct bench *bench);

/* Added to @bench, and owned by it. */
struct bench_machine *bench_add_machine(struct bench *bench, const char *name, const char *options);

/* By its name; or NULL. */
struct bench_machine *bench_find_machine(const struct bench *bench, const char *name);

/* -1: there is no such. */
int bench_find_metric(const struct bench *bench, const char *name);

/*
 * Takes what one round measured. The first one says which metrics there are; false with
 * STATUS_TEST_FAILED where a later one has others.
 */
bool bench_take(struct bench *bench, const struct bench_reading *reading, struct bench_round *round,
		GError **error);

const struct bench_metric *bench_metric(const struct bench *bench, guint metric);

/* Of all rounds of @machine, which has one at least. Caller frees. */
double *bench_values(const struct bench_machine *machine, guint metric);
struct stats_spread bench_spread(const struct bench_machine *machine, guint metric);

/* The median over the rounds of what one operation took; NAN where it is not known. */
double bench_cost(const struct bench_machine *machine, enum count count);

/* The median over all rounds of what others took of the host; NAN: not known. */
double bench_others(const struct bench *bench);

/* Against the first machine, round by round. */
struct stats_ratio bench_ratio(const struct bench *bench, const struct bench_machine *machine,
			       guint metric);

/* Against bench->against; false where there is none, or @machine is it. */
bool bench_against_ratio(const struct bench *bench, const struct bench_machine *machine,
			 guint metric, struct stats_ratio *ratio);

/* Against the machine of the same name in the baseline; false where that has no such. */
bool bench_baseline_ratio(const struct bench *bench, const struct bench_machine *machine,
			  guint metric, struct stats_ratio *ratio);

/* Each interval of the first figure keeps to bench->within; false where that is 0. */
bool bench_is_within(const struct bench *bench);

/* "KVM" or "TCG" */
const char *bench_accelerator(const struct bench_machine *machine);

/* What a ratio means: "no difference seen", "better", ... */
const char *bench_verdict(const struct bench_metric *metric, const struct stats_ratio *ratio);

#endif
