/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a test came to: exactly one of these, made of what is known for certain.
 * Pure: the facts come from whoever ran the test.
 */
#ifndef KC_VERDICT_H
#define KC_VERDICT_H

#include "ktap.h"
#include "splat.h"

/* From the best to the worst: of several tests the worst one counts. */
enum verdict_kind {
	VERDICT_PASSED,
	VERDICT_SKIPPED,
	VERDICT_FAILED,
	VERDICT_SHORT_PLAN,
	VERDICT_HOST_NOT_READY,
	VERDICT_NEVER_BOOTED,
	VERDICT_AGENT_LOST,
	VERDICT_HANG,
	VERDICT_SPLAT,
	VERDICT_PANIC,
	VERDICT_QEMU_DIED,
	VERDICT_NOT_RUN, /* interrupted */
	VERDICT_KINDS
};

/* What was seen of one test. All is borrowed; what was not reached is NULL. */
struct facts {
	const GError *error; /* why its machine or its command did not end by itself */
	const struct ktap *report; /* ended */
	int status; /* of the command, if it ended */
	const char *last_words; /* of the command's on stderr */
	const char *qemu_said; /* QEMU's last line on stderr */
	const struct splat_watch *watch; /* ended */
	const char *hang; /* where it hangs */
	const char *leak; /* where leaked memory was allocated */
	bool agent_stopped; /* the kernel lives, and its agent is stopped */
};

struct verdict {
	enum verdict_kind kind;
	char *why; /* a sentence without its full stop; the reason of a skip */
	char *notes; /* what else is worth knowing, a line each; may be empty */
	char *next; /* what to do; NULL: nothing */
};

/* Fills @verdict; free it with verdict_clear(). */
void verdict_judge(struct verdict *verdict, const struct facts *facts);
void verdict_clear(struct verdict *verdict);

/* "kernel splat" */
const char *verdict_name(enum verdict_kind kind);

/* The exit status, of status.h; 0 where all is well. */
int verdict_status(enum verdict_kind kind);

/* What to do about one, where nothing better is known; NULL: nothing. */
const char *verdict_next(enum verdict_kind kind);

bool verdict_is_failure(enum verdict_kind kind);

#endif
