/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test/verdict-kind.h"
#include "base/status.h"

#include <stddef.h>

static const struct {
	const char *name, *next;
	int status;
} kinds[VERDICT_KINDS] = {
	[VERDICT_PASSED] = {"passed", NULL, 0},
	[VERDICT_SKIPPED] = {"skipped", NULL, STATUS_ALL_SKIPPED},
	[VERDICT_FAILED] = {"failed", "output.txt and errors.txt are all that the test said",
			    STATUS_TEST_FAILED},
	[VERDICT_SHORT_PLAN] = {"short plan",
				"output.txt ends where the test did; errors.txt may "
				"say why",
				STATUS_SHORT_PLAN},
	[VERDICT_HOST_NOT_READY] = {"host not ready", "'kc doctor' says what this host lacks",
				    STATUS_HOST_NOT_READY},
	[VERDICT_NEVER_BOOTED] = {"never booted", "console.txt ends where the guest did",
				  STATUS_NEVER_BOOTED},
	[VERDICT_AGENT_LOST] = {"agent lost", "console.txt and dmesg.txt may say who ended it",
				STATUS_AGENT_LOST},
	[VERDICT_HANG] = {"hang",
			  "hang.txt has the backtraces of tasks and CPUs; --timeout gives "
			  "it more time",
			  STATUS_HANG},
	[VERDICT_SPLAT] = {"kernel splat",
			   "dmesg.txt has it with file:line; an allow-list takes "
			   "'PATTERN | REASON' for one that is known",
			   STATUS_SPLAT},
	[VERDICT_PANIC] = {"panic", "console.txt has its last words with file:line", STATUS_PANIC},
	[VERDICT_STOPPED] = {"stopped",
			     "QEMU stopped the machine for what the line above says, which more "
			     "time does not mend",
			     STATUS_STOPPED},
	[VERDICT_QEMU_DIED] = {"QEMU died",
			       "qemu.txt is what it said; command.txt starts it by "
			       "hand",
			       STATUS_QEMU_DIED},
	[VERDICT_NOT_RUN] = {"not run", NULL, STATUS_TEST_FAILED},
};

const char *verdict_name(enum verdict_kind kind)
{
	return kinds[kind].name;
}

int verdict_status(enum verdict_kind kind)
{
	return kinds[kind].status;
}

static unsigned rank(int status)
{
	unsigned kind = 0;

	while (kind < VERDICT_KINDS && kinds[kind].status != status)
		kind++;
	return kind;
}

int verdict_worse_status(int a, int b)
{
	return rank(b) > rank(a) ? b : a;
}

const char *verdict_next(enum verdict_kind kind)
{
	return kinds[kind].next;
}

bool verdict_is_failure(enum verdict_kind kind)
{
	return kind != VERDICT_PASSED && kind != VERDICT_SKIPPED;
}
