/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the unit tests of kc share: cmocka, its results as TAP for run.sh. */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>

#define UNIT_MAIN(tests)                                          \
	int main(void)                                            \
	{                                                         \
		cmocka_set_message_output(CM_OUTPUT_TAP);         \
		return cmocka_run_group_tests(tests, NULL, NULL); \
	}

/* For one function with several states: a test of its own name, whose tear-down may be NULL. */
static inline struct CMUnitTest unit_named(const char *name, CMUnitTestFunction test,
					   CMFixtureFunction tear_down, const void *state)
{
	return (struct CMUnitTest){name, test, NULL, tear_down, (void *)state};
}

/* Set-up and tear-down of a test that wants a folder of its own: its path is *state. */
static inline int unit_folder(void **state)
{
	*state = g_dir_make_tmp("kc-unit-XXXXXX", NULL);
	return *state ? 0 : -1;
}

static inline int unit_folder_drop(void **state)
{
	const char *argv[] = {"rm", "-rf", *state, NULL};

	g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL,
		     NULL);
	g_free(*state);
	return 0;
}

/* @error is of kc's domain, has the status and says @words; it is freed. */
#define assert_refused(error, status, words)                                      \
	do {                                                                      \
		assert_non_null(error);                                           \
		assert_int_equal((error)->code, status);                          \
		if (!strstr((error)->message, words))                             \
			fail_msg("\"%s\" lacks \"%s\"", (error)->message, words); \
		g_clear_error(&(error));                                          \
	} while (0)

#endif
