/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "status.h"

#include <stdio.h>

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
		STATUS_MISUSE] = "the guest's agent was lost: it stopped, or spoke nonsense",
	[STATUS_NOT_CARRIED - STATUS_MISUSE] =
		"a file, a module or the command could not be given to the guest, or a file not got",
	[STATUS_SHORT_PLAN - STATUS_MISUSE] = "a test reported less than it planned, or nothing",
	[STATUS_DEBUGGER - STATUS_MISUSE] = "gdb failed, or a breakpoint was never reached",
	[STATUS_BUILD_FAILED - STATUS_MISUSE] = "what was edited does not build",
};

G_STATIC_ASSERT(G_N_ELEMENTS(meanings) == STATUS_END - STATUS_MISUSE);

const char *status_meaning(int status)
{
	if (status == STATUS_TEST_FAILED)
		return "kc test: a test failed; kc vq: something is wrong";
	if (status == STATUS_ALL_SKIPPED)
		return "kc test: all tests were skipped";
	if (status < STATUS_MISUSE || status >= STATUS_END)
		return NULL;
	return meanings[status - STATUS_MISUSE];
}

int status_report(GError *error)
{
	int status = error->domain == STATUS_ERROR ? error->code : STATUS_HOST_NOT_READY;

	fprintf(stderr, "kc: %s\n", error->message);
	g_error_free(error);
	return status;
}
