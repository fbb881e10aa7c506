/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line of a log that says why, and what a test needs of ours. */
#include "base/status.h"
#include "series/said.h"
#include "../unit.h"

#include <glib/gstdio.h>
#include <string.h>

static char *with_log(const char *text, char *(*say)(const char *log))
{
	g_autofree char *path = NULL;
	int fd = g_file_open_tmp("said-XXXXXX", &path, NULL);
	char *said;

	assert_true(fd >= 0);
	g_close(fd, NULL);
	assert_true(g_file_set_contents(path, text, -1, NULL));
	said = say(path);
	g_unlink(path);
	return said;
}

static char *failed(const char *log)
{
	return said_by_test(log, OUTCOME_FAIL, 3);
}

static char *warned(const char *log)
{
	return said_by_test(log, OUTCOME_FAIL, STATUS_SPLAT);
}

static void assert_said(const char *text, char *(*say)(const char *log), const char *expected)
{
	g_autofree char *said = with_log(text, say);

	assert_string_equal(said, expected);
}

static void a_test_says_its_first_verdict(void **state)
{
	(void)state;
	assert_said("not ok 1 hello/split\n1..1\n#\n# hello/split: panic: it fell\n#   next: x\n"
		    "#\n# hello/packed: failed: other\n0 passed, 2 failed, 0 skipped\n",
		    failed, "hello/split: panic: it fell");
	assert_said("ok 1 hello/split # SKIP not here\n1..1\n", failed,
		    "hello/split # SKIP not here");
}

static void a_command_says_what_kc_said_last(void **state)
{
	(void)state;
	assert_said("words\nkc: TCG\nkc: the kernel warned\nkc: see 'kc run --help'\n", warned,
		    "the kernel warned");
	assert_said("kc: TCG, as there is no KVM\n", failed, "the command ended with 3");
	assert_said("", failed, "the command ended with 3");
}

static void a_build_says_its_first_error(void **state)
{
	(void)state;
	assert_said("  CC x.o\n../x.c:3:1: warning: w\n../x.c:4:2: error: 'y' undeclared\n"
		    "make: *** [Makefile:1: x.o] Error 1\n",
		    said_by_build, "../x.c:4:2: error: 'y' undeclared");
	assert_said("ERROR: modpost: \"f\" [m.ko] undefined!\nmake: *** no\n", said_by_build,
		    "ERROR: modpost: \"f\" [m.ko] undefined!");
	assert_said("kernelcraft: LINUX_SRC=/x is Linux 6.1; too old\n", said_by_build,
		    "kernelcraft: LINUX_SRC=/x is Linux 6.1; too old");
	assert_said("", said_by_build, "see the log");
}

static void what_a_guest_said_can_be_printed(void **state)
{
	g_autofree char *long_line = g_strnfill(5000, 'a');
	g_autofree char *text = g_strconcat("kc: \033[31m\xff ", long_line, "\n", NULL);
	g_autofree char *said = with_log(text, warned);

	(void)state;
	assert_null(strchr(said, '\033'));
	assert_true(g_utf8_validate(said, -1, NULL));
	assert_true(strlen(said) < 1000);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_test_says_its_first_verdict),
	cmocka_unit_test(a_command_says_what_kc_said_last),
	cmocka_unit_test(a_build_says_its_first_error),
	cmocka_unit_test(what_a_guest_said_can_be_printed),
};

UNIT_MAIN(tests)
