/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What came of a test on one commit, or on one pair of kernel and QEMU: always one of these. */
#ifndef KC_SERIES_OUTCOME_H
#define KC_SERIES_OUTCOME_H

#include <glib.h>
#include <stdbool.h>

enum outcome_kind {
	OUTCOME_PASS,
	OUTCOME_FAIL, /* the test, a splat, a panic, a hang */
	OUTCOME_NOT_BUILT,
	OUTCOME_UNKNOWN, /* it did not boot, or the test was skipped: nothing is known */
	OUTCOME_STOP, /* the lab or the host is broken, or kc was called wrongly */
};

struct outcome {
	enum outcome_kind kind;
	int status; /* of the test, or what kc is to end with */
	char *why; /* one line; empty where it passed */
	char *folder; /* what is kept of it: logs, and bundles of failures */
	double built, tested; /* seconds; 0: not at all */
	bool before; /* an earlier start of the same has found it */
};

void outcome_clear(struct outcome *outcome);

/* "pass", "fail", "does not build", "not run", "stop" */
const char *outcome_name(enum outcome_kind kind);

/* In its folder. Trouble is told as a status of STATUS_HOST_NOT_READY. */
bool outcome_save(const struct outcome *outcome, GError **error);

/* False where @folder has none. */
bool outcome_load(struct outcome *outcome, const char *folder);

#endif
