/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/status.h"

#include <stdio.h>

/* Of 'git bisect run' */
#define BISECT_SKIP 125
#define BISECT_STOP 128
/* Of a shell, for a command that it cannot start: no other commit would mend that */
#define NOT_EXECUTABLE 126
#define NOT_FOUND 127

G_DEFINE_QUARK(kernelcraft - kc, status_error)

static const char *const meanings[] = {
	[STATUS_MISUSE - STATUS_MISUSE] = "kc was called wrongly",
	[STATUS_HOST_NOT_READY -
		STATUS_MISUSE] = "the host is not ready: a part of the lab or a tool is missing",
	[STATUS_QEMU_DIED - STATUS_MISUSE] = "QEMU could not start, or died",
	[STATUS_NEVER_BOOTED - STATUS_MISUSE] = "the guest never came up",
	[STATUS_PANIC - STATUS_MISUSE] = "the guest kernel panicked",
	[STATUS_SPLAT - STATUS_MISUSE] = "the guest kernel warned (BUG, WARNING, lockdep, ...)",
	[STATUS_HANG - STATUS_MISUSE] = "the time limit passed",
	[STATUS_AGENT_LOST -
		STATUS_MISUSE] = "the guest's agent was lost: it stopped, or sent invalid data",
	[STATUS_NOT_CARRIED - STATUS_MISUSE] =
		"a file, a module or the command could not be sent to the guest, or a file not fetched",
	[STATUS_SHORT_PLAN - STATUS_MISUSE] = "a test reported less than it planned, or nothing",
	[STATUS_DEBUGGER - STATUS_MISUSE] = "gdb failed, or a breakpoint was never reached",
	[STATUS_BUILD_FAILED - STATUS_MISUSE] = "what was edited does not build",
	[STATUS_STOPPED - STATUS_MISUSE] =
		"QEMU stopped the machine: no space or an error on a drive, a watchdog, QEMU itself",
	[STATUS_KUNIT_FAILED - STATUS_MISUSE] = "a KUnit test in the guest's kernel failed",
};

G_STATIC_ASSERT(G_N_ELEMENTS(meanings) == STATUS_END - STATUS_MISUSE);

const char *status_meaning(int status)
{
	if (status == STATUS_TEST_FAILED)
		return "kc test: a test failed; kc learn: the code is wrong; kc vq: something is wrong";
	if (status == STATUS_ALL_SKIPPED)
		return "kc test: all tests were skipped";
	if (status < STATUS_MISUSE || status >= STATUS_END)
		return NULL;
	return meanings[status - STATUS_MISUSE];
}

bool status_is_signal(int status)
{
	return status > 128 && status < STATUS_MISUSE;
}

/* A guest that does not come up, or a build that fails, says nothing of what is looked for. */
int status_for_bisect(int status)
{
	switch (status) {
	case 0:
		return 0;
	case BISECT_SKIP:
	case STATUS_ALL_SKIPPED:
	case STATUS_NEVER_BOOTED:
	case STATUS_BUILD_FAILED:
		return BISECT_SKIP;
	case STATUS_QEMU_DIED: /* which may be what is bisected */
	case STATUS_PANIC:
	case STATUS_SPLAT:
	case STATUS_HANG:
	case STATUS_AGENT_LOST:
	case STATUS_SHORT_PLAN:
	case STATUS_KUNIT_FAILED:
		return STATUS_TEST_FAILED;
	case NOT_EXECUTABLE:
	case NOT_FOUND:
		return STATUS_NOT_CARRIED;
	default:
		return status < BISECT_STOP ? STATUS_TEST_FAILED : status;
	}
}

int status_report(GError *error)
{
	int status = error->domain == STATUS_ERROR ? error->code : STATUS_HOST_NOT_READY;

	fprintf(stderr, "kc: %s\n", error->message);
	g_error_free(error);
	return status;
}
