/* SPDX-License-Identifier: GPL-2.0-or-later */
/* KUnit's results in the kernel's log: whose they are, and what is missing. */
#include "kernel/kunit.h"
#include "../unit.h"

#include <string.h>

struct fixture {
	struct kunit_log *log;
	guint64 seq;
};

static int fresh(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);

	fixture->log = kunit_log_new();
	*state = fixture;
	return 0;
}

static int drop(void **state)
{
	struct fixture *fixture = *state;

	kunit_log_free(fixture->log);
	g_free(fixture);
	return 0;
}

/* Each line is a record; "\\x0a" in it is a newline within. */
static void feed_as(struct fixture *fixture, unsigned facility, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (int i = 0; lines[i]; i++) {
		g_autofree char *record = g_strdup_printf(
			"%u,%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT ",-;%s\n", facility << 3 | 6,
			fixture->seq, fixture->seq * 1000, lines[i]);

		if (!*lines[i])
			continue;
		fixture->seq++;
		kunit_log_kmsg(fixture->log, record, strlen(record));
	}
}

static void feed(struct fixture *fixture, const char *text)
{
	feed_as(fixture, 0, text);
}

static void assert_complaint(struct fixture *fixture, const char *words)
{
	g_autofree char *complaint = kunit_log_complaint(fixture->log, NULL);

	if (!words && complaint)
		fail_msg("complaint: %s", complaint);
	if (words && (!complaint || !strstr(complaint, words)))
		fail_msg("\"%s\" lacks \"%s\"", complaint ? complaint : "(none)", words);
}

static void assert_reports(struct fixture *fixture, const char *const *wanted, const char *text)
{
	g_autofree char *report = kunit_log_report(fixture->log, wanted);

	assert_non_null(report);
	assert_string_equal(report, text);
}

#define BEGIN "KTAP version 1\n1..1\n"
#define SUITE "    KTAP version 1\n    # Subtest: s\n    # module: m\n"

static void suites_of_two_modules_are_one_report(void **state)
{
	feed(*state, "KTAP version 1\n1..0\n6hello\n" BEGIN SUITE
		     "    1..2\n    ok 1 a\n    ok 2 b # SKIP not here\nok 1 s\n" BEGIN
		     "    KTAP version 1\n    # Subtest: t\n    1..1\n    ok 1 c\nok 1 t\n");
	assert_complaint(*state, NULL);
	assert_reports(*state, NULL,
		       "KTAP version 1\n1..2\n    KTAP version 1\n    1..2\n    ok 1 a\n"
		       "    ok 2 b # SKIP not here\nok 1 s\n    KTAP version 1\n    1..1\n"
		       "    ok 1 c\nok 2 t\n");
}

static void a_failed_case_is_named(void **state)
{
	feed(*state, BEGIN SUITE "    1..2\n    ok 1 a\n"
				 "    # b: EXPECTATION FAILED at x.c:12\\x0a    Expected 1 == 2\n"
				 "    not ok 2 b\nnot ok 1 s\n");
	assert_complaint(*state, "1 of 2 cases of KUnit failed, the first: s.b: EXPECTATION FAILED "
				 "at x.c:12 ");
	assert_complaint(*state, "Expected 1 == 2");
}

static void other_lines_stand_between(void **state)
{
	feed(*state, BEGIN SUITE "    1..1\nvirtio_blk virtio1: 1/0/0 queues\n"
				 "    a line of somebody's that is indented\nok, go on\n"
				 "    ok 1 a\ntsc: refined\nok 1 s\n");
	assert_complaint(*state, NULL);
	assert_reports(*state, NULL,
		       "KTAP version 1\n1..1\n    KTAP version 1\n    1..1\n    ok 1 a\nok 1 s\n");
}

static void parameters_need_no_plan(void **state)
{
	feed(*state,
	     BEGIN SUITE "    1..1\n        KTAP version 1\n        # Subtest: a\n"
			 "        ok 1 one\n        not ok 2 two\n    not ok 1 a\nnot ok 1 s\n");
	assert_complaint(*state, "1 of 2 cases of KUnit failed, the first: s.a.two");
}

static void what_did_not_end_is_told(void **state)
{
	feed(*state, BEGIN SUITE "    1..2\n    ok 1 a\n");
	assert_complaint(*state, "did not end");
	feed(*state, "KTAP version 1\n1..2\n");
	assert_complaint(*state, "did not end");
}

static void a_suite_that_cannot_begin_has_failed(void **state)
{
	feed(*state, BEGIN "    # s: # failed to initialize (-5)\nnot ok 1 s\n");
	assert_complaint(*state, "1 of 1 cases of KUnit failed, the first: s");
}

static void disabled_suites_are_told(void **state)
{
	feed(*state, "kunit: disabled\n");
	assert_complaint(*state, NULL);
	feed(*state, "KTAP version 1\n1..2\nkunit: disabled\n");
	assert_complaint(*state, "2 suites of a module did not run: KUnit is disabled");
}

/* There a module's suites come without a plan of theirs, and results have a dash. */
static void old_kernels_have_no_header(void **state)
{
	feed(*state, "    # Subtest: s\n    1..1\n    not ok 1 - a\nnot ok 1 - s\n");
	assert_complaint(*state, "the first: s.a");
}

static void programs_report_nothing(void **state)
{
	feed_as(*state, 1, BEGIN SUITE "    1..1\n    not ok 1 a\nnot ok 1 s\n");
	assert_complaint(*state, NULL);
	assert_null(kunit_log_report(((struct fixture *)*state)->log, NULL));
	feed(*state, BEGIN SUITE "    1..1\n    not ok 1 a\n");
	feed_as(*state, 1, "    ok 1 a\nok 1 s\n");
	feed(*state, "not ok 1 s\n");
	assert_complaint(*state, "s.a");
}

/* Nor does a driver, outside of a report. */
static void results_alone_are_none(void **state)
{
	feed(*state, "not ok 1 hello\n1..7\n    not ok 2 hello\n");
	assert_complaint(*state, NULL);
}

static void a_log_that_is_replayed_counts_once(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 2; i++) {
		fixture->seq = 5;
		feed(fixture, BEGIN SUITE "    1..1\n    ok 1 a\nok 1 s\n");
	}
	assert_reports(fixture, NULL,
		       "KTAP version 1\n1..1\n    KTAP version 1\n    1..1\n    ok 1 a\nok 1 s\n");
}

static void suites_are_chosen_by_name(void **state)
{
	static const char *const some[] = {"t*", NULL}, *const missing[] = {"t*", "u", NULL};

	feed(*state, "KTAP version 1\n1..2\n" SUITE "    1..1\n    not ok 1 a\nnot ok 1 s\n"
		     "    KTAP version 1\n    # Subtest: tt\n    1..1\n    ok 1 c\nok 2 tt\n");
	assert_reports(*state, some,
		       "KTAP version 1\n1..1\n    KTAP version 1\n    1..1\n    ok 1 c\nok 1 tt\n");
	assert_reports(*state, missing,
		       "KTAP version 1\n1..1\n    KTAP version 1\n    1..1\n    ok 1 c\nok 1 tt\n"
		       "Bail out! no suite of KUnit 'u' has run; those that have: 's', 'tt'\n");
}

static void nonsense_is_survived(void **state)
{
	struct fixture *fixture = *state;
	char bytes[256];

	feed(fixture,
	     BEGIN "1..99999999999999999999\n    # Subtest: \nok\nok 1\nok 1 \nnot ok x y\n"
		   "    # Subtest: s\n                              ok 1 deep\n    ok\n"
		   "    1..\nok 1 other\n");
	for (int i = 0; i < 256; i++)
		bytes[i] = i * 7;
	kunit_log_kmsg(fixture->log, bytes, sizeof(bytes));
	g_free(kunit_log_complaint(fixture->log, NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, drop)

static const struct CMUnitTest tests[] = {
	TEST(suites_of_two_modules_are_one_report),
	TEST(a_failed_case_is_named),
	TEST(other_lines_stand_between),
	TEST(parameters_need_no_plan),
	TEST(what_did_not_end_is_told),
	TEST(a_suite_that_cannot_begin_has_failed),
	TEST(disabled_suites_are_told),
	TEST(old_kernels_have_no_header),
	TEST(programs_report_nothing),
	TEST(results_alone_are_none),
	TEST(a_log_that_is_replayed_counts_once),
	TEST(suites_are_chosen_by_name),
	TEST(nonsense_is_survived),
};

UNIT_MAIN(tests)
