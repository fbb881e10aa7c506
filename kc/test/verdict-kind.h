/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds of ends that a test may come to: their names, ranks and statuses. */
#ifndef KC_TEST_VERDICT_KIND_H
#define KC_TEST_VERDICT_KIND_H

#include <stdbool.h>

/*
 * From the best to the worst: of several tests the worst one counts. One that
 * was skipped says less than one that passed.
 */
enum verdict_kind {
	VERDICT_SKIPPED,
	VERDICT_PASSED,
	VERDICT_FAILED,
	VERDICT_SHORT_PLAN,
	VERDICT_HOST_NOT_READY,
	VERDICT_NEVER_BOOTED,
	VERDICT_AGENT_LOST,
	VERDICT_HANG,
	VERDICT_SPLAT,
	VERDICT_PANIC,
	VERDICT_STOPPED, /* by QEMU, for a reason of the host's or a watchdog */
	VERDICT_QEMU_DIED,
	VERDICT_NOT_RUN, /* interrupted */
	VERDICT_KINDS
};

/* "kernel splat" */
const char *verdict_name(enum verdict_kind kind);

/* The exit status, of status.h; 0 where all is well. */
int verdict_status(enum verdict_kind kind);

/*
 * The worse of two exit statuses of kc test or kc watch, whatever their
 * numbers. What keeps tests from being run is worse than how one ends.
 */
int verdict_worse_status(int a, int b);

/* What to do about one, where nothing better is known; NULL: nothing. */
const char *verdict_next(enum verdict_kind kind);

bool verdict_is_failure(enum verdict_kind kind);

#endif
