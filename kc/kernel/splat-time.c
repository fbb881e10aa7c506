/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/splat-time.h"

#include <stdlib.h>
#include <glib.h>
#include <string.h>

#define USUAL_SECONDS 20 /* of the watchdogs' defaults, where none is said: 10 to 21 */

/* Others have no kind that tells: kernel/watchdog.c, hung_task.c, rcu, smp.c, sch_generic.c, dev.c */
static bool is_timed_by_words(const char *title)
{
	static const char *const words[] = {
		"not syncing: softlockup: hung tasks",
		"not syncing: hung_task: blocked tasks",
		"not syncing: Hard LOCKUP",
		"not syncing: RCU Stall",
		"not syncing: workqueue lockup",
		"NETDEV WATCHDOG: ",
		" dev_watchdog+",
		"unregister_netdevice: waiting for ",
		"non-responsive CSD lock",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (strstr(title, words[i]))
			return true;
	return false;
}

static bool is_timed(enum splat_kind kind, const char *title)
{
	switch (kind) {
	case SPLAT_RCU_STALL:
	case SPLAT_SOFT_LOCKUP:
	case SPLAT_HARD_LOCKUP:
	case SPLAT_HUNG_TASK:
	case SPLAT_WORKQUEUE:
		return true;
	default:
		return is_timed_by_words(title);
	}
}

/* "stuck for 67s!", "blocked for more than 120 seconds.", "timed out 5368 ms" */
static double said_seconds(const char *title)
{
	static const char *const before[] = {"stuck for ", "for more than ", "timed out ",
					     ", waiting "};

	for (size_t i = 0; i < G_N_ELEMENTS(before); i++) {
		const char *at = strstr(title, before[i]);
		char *end;
		double value;

		if (!at)
			continue;
		at += strlen(before[i]);
		value = strtoul(at, &end, 10);
		if (end != at)
			return g_str_has_prefix(end, " ns")   ? value / 1e9
			       : g_str_has_prefix(end, " ms") ? value / 1000
							      : value;
	}
	return USUAL_SECONDS;
}

bool splat_time_claim(enum splat_kind kind, const char *title, double *seconds)
{
	if (!is_timed(kind, title))
		return false;
	*seconds = said_seconds(title);
	return true;
}
