/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One test on commits of one tree: each is built once and kept, tested once for each question,
 * and its outcome written down, so that a second start of the same goes on.
 */
#ifndef KC_SERIES_SERIES_H
#define KC_SERIES_SERIES_H

#include "series/tree.h"
#include "series/trial.h"

struct series_plan {
	enum tree_kind kind;
	const char *folder; /* of the repository */
	const char *build; /* a shell's command that builds a checkout of TREE_PLAIN; or NULL */
	const char *question; /* which of several on the same tree and test it is */
};

struct series;

/* @trial outlives it. NULL with @error. */
struct series *series_open(const struct lab *lab, const struct series_plan *plan,
			   const struct trial *trial, GError **error);

/* @done: all is told, and the next start begins anew. */
void series_close(struct series *series, bool done);

struct tree *series_tree(struct series *series);

/* Where its logs and evidence are. */
const char *series_folder(const struct series *series);

/*
 * Builds @commit where it is not kept yet, tests it, and prints a line of it. @left: how many
 * more are thought to follow. Caller clears @outcome. False with @error where the series cannot
 * go on: a signal, or what no other commit would mend.
 */
bool series_try(struct series *series, const char *commit, guint left, struct outcome *outcome,
		GError **error);

#endif
