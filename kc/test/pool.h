/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs tests several at a time, each in a process of its own: whatever becomes
 * of one, the others and kc go on. All of them die with kc.
 */
#ifndef KC_TEST_POOL_H
#define KC_TEST_POOL_H

#include "test/rounds.h"
#include "test/run.h"

struct test_pool_watcher {
	/* About once a second, and when one begins. @running: of struct test_running. */
	void (*progress)(const GArray *running, void *opaque);
	/* One has ended; returns whether to begin others. */
	bool (*done)(const struct test_case *test_case, struct test_result *result, void *opaque);
	void *opaque;
};

struct test_running {
	const struct test_case *test_case;
	double seconds; /* so far */
};

/*
 * Runs each turn of @rounds. @done takes each result, also of those that were not
 * run; where @done asked for the end, it may have shortened the rounds. Returns the
 * signal that ended it, or 0. Fewer than @jobs run at once where slots.h bounds them.
 */
int test_pool_run(struct test_rounds *rounds, const struct test_settings *settings, unsigned jobs,
		  const struct test_pool_watcher *watcher);

#endif
