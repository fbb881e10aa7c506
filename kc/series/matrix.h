/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One test on each pair of several kernels and QEMUs. */
#ifndef KC_SERIES_MATRIX_H
#define KC_SERIES_MATRIX_H

#include "series/side.h"
#include "series/trial.h"

struct matrix {
	const struct lab *lab;
	const struct trial *trial;
	GPtrArray *kernels, *qemus; /* of struct side * */
	GArray *cells; /* of struct outcome: for each kernel one for each QEMU */
	char *folder; /* under build/series: logs, evidence, cells of an earlier start */
	char *test; /* as trial_text() */
	double seconds;
};

/* Words of both axes, in order. @trial outlives it. */
struct matrix *matrix_new(const struct lab *lab, const struct trial *trial, char *const *kernels,
			  char *const *qemus);
void matrix_free(struct matrix *matrix);

/*
 * Fills all cells, and says of each what it came to. Where it is ended, by a signal or a
 * host that is not ready, the others are not run, and @error is set.
 */
bool matrix_run(struct matrix *matrix, GError **error);

const struct side *matrix_kernel(const struct matrix *matrix, guint index);
const struct side *matrix_qemu(const struct matrix *matrix, guint index);
const struct outcome *matrix_cell(const struct matrix *matrix, guint kernel, guint qemu);

/* "debian:6.12 (6.12.90+deb12-cloud-amd64)". Caller frees. */
char *matrix_side_name(const struct side *side);

/* How many cells are of a kind. */
guint matrix_count(const struct matrix *matrix, enum outcome_kind kind);

#endif
