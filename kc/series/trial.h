/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The test that is run for each commit or pair: what a user wrote behind "--", as words for kc. */
#ifndef KC_SERIES_TRIAL_H
#define KC_SERIES_TRIAL_H

#include "lab/lab.h"
#include "series/outcome.h"

struct trial {
	char **words; /* kc's own, from "run" or "test" on */
	guint head; /* of these, how many come before what the user wrote */
	bool tests; /* it is kc test */
};

/*
 * "kc run ..." and "kc test ..." as they stand; names of tests; else a command of the guest's,
 * behind options of kc run. @cold: its machines are each used once. Fails with STATUS_MISUSE.
 */
bool trial_parse(struct trial *trial, const struct lab *lab, char *const *words, bool cold,
		 GError **error);
void trial_clear(struct trial *trial);

/* For people: the command line. Caller frees. */
char *trial_text(const struct trial *trial);

/*
 * Runs it in the lab @root, with @more words (or NULL) of options; @dir is where relative paths of
 * its are, NULL: the current folder. Fills @outcome but for what was built; its folder
 * is set before. False with @error where a signal ended it, or the disk is full.
 */
bool trial_run(const struct trial *trial, const char *root, const char *const *more,
	       const char *dir, struct outcome *outcome, GError **error);

#endif
