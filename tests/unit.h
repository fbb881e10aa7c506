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
