/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a test came to: exactly one of these, made of what is known for certain.
 * Pure: the facts come from whoever ran the test.
 */
#ifndef KC_TEST_VERDICT_H
#define KC_TEST_VERDICT_H

#include "kernel/ktap.h"
#include "kernel/splat.h"
#include "test/verdict-kind.h"

/* What was seen of one test. All is borrowed; what was not reached is NULL. */
struct facts {
	const GError *error; /* why its machine or its command did not end by itself */
	const struct ktap *report; /* ended */
	int status; /* of the command, if it ended */
	const char *last_words; /* of the command's on stderr */
	const char *qemu_said; /* QEMU's last line on stderr */
	const struct splat_watch *watch; /* ended */
	const char *hang; /* where it hangs */
	const char *stalls; /* for how long its machine did not run; or NULL */
	bool reports_kunit; /* the report is made of KUnit's suites in the kernel's log */
	const char *kunit; /* what is wrong with KUnit's suites, where the report is not theirs */
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

#endif
