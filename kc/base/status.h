/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What kc itself ends with when it is not the command's own status. Every
 * GError of kc is in the domain STATUS_ERROR and carries one of these as its code.
 */
#ifndef KC_BASE_STATUS_H
#define KC_BASE_STATUS_H

#include <glib.h>
#include <stdbool.h>

enum status {
	STATUS_MISUSE = 240,
	STATUS_HOST_NOT_READY,
	STATUS_QEMU_DIED,
	STATUS_NEVER_BOOTED,
	STATUS_PANIC,
	STATUS_SPLAT,
	STATUS_HANG,
	STATUS_AGENT_LOST,
	STATUS_NOT_CARRIED,
	STATUS_SHORT_PLAN,
	STATUS_DEBUGGER,
	STATUS_BUILD_FAILED,
	STATUS_STOPPED,
	STATUS_KUNIT_FAILED,
	STATUS_END
};

/* Of kc test alone: what make and Automake expect of a test. */
#define STATUS_TEST_FAILED 1
#define STATUS_ALL_SKIPPED 77

#define STATUS_ERROR status_error_quark()
GQuark status_error_quark(void);

/* One sentence for help and man page; NULL for a number that is not ours. */
const char *status_meaning(int status);

/* 128 + a signal's number. */
bool status_is_signal(int status);

/*
 * What 'git bisect run' takes for @status, of a command's or of kc's: 0 for good, 1 for bad, 125
 * for what cannot be tested, from 128 on for what no other commit would mend.
 */
int status_for_bisect(int status);

/* Prints "kc: MESSAGE" on stderr; frees @error and returns its status. */
int status_report(GError *error);

#endif
