/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what was seen of a test to its one verdict. */
#include "base/status.h"
#include "test/verdict.h"
#include "../unit.h"

#include <string.h>

#define BOOT "6,0,1000,-;Linux version 6.12\n"
#define WARN                                                                 \
	"4,1,2000,-;------------[ cut here ]------------\n"                  \
	"4,2,2001,-;WARNING: CPU: 0 PID: 85 at driver.c:7 f+0x1/0x2 [mod]\n" \
	"4,3,2002,-;---[ end trace 0000000000000000 ]---\n"
#define CONSOLE_WARN                                                             \
	"[    5.000000] ------------[ cut here ]------------\n"                  \
	"[    5.000001] WARNING: CPU: 0 PID: 85 at driver.c:7 f+0x1/0x2 [mod]\n" \
	"[    5.000002] ---[ end trace 0000000000000000 ]---\n"

struct scene {
	const char *report; /* NULL: the command did not end */
	int status;
	int error; /* its code; 0: none */
	const char *log; /* NULL: BOOT */
	const char *console;
	const char *allow;
};

static void judge(struct verdict *verdict, const struct scene *scene)
{
	struct allow_list *allow = allow_list_new();
	struct splat_watch *watch = splat_watch_new(allow);
	const char *log = scene->log ? scene->log : BOOT;
	struct ktap *report = ktap_new();
	g_autoptr(GError) error = NULL;
	struct facts facts = {.report = report, .status = scene->status, .watch = watch};

	if (scene->allow)
		assert_true(allow_list_add(allow, scene->allow, "test", NULL));
	splat_watch_kmsg(watch, log, strlen(log));
	if (scene->console)
		splat_watch_console(watch, scene->console, strlen(scene->console));
	splat_watch_end(watch);
	if (scene->report)
		ktap_feed(report, scene->report, strlen(scene->report));
	ktap_end(report);
	if (scene->error)
		error = g_error_new(STATUS_ERROR, scene->error, "something happened");
	facts.error = error;
	verdict_judge(verdict, &facts);
	ktap_free(report);
	splat_watch_free(watch);
	allow_list_free(allow);
}

static void assert_verdict(const struct scene *scene, enum verdict_kind kind, const char *why,
			   const char *notes)
{
	struct verdict verdict;

	judge(&verdict, scene);
	if (verdict.kind != kind)
		fail_msg("%s (%s), not %s", verdict_name(verdict.kind), verdict.why,
			 verdict_name(kind));
	if (!strstr(verdict.why, why))
		fail_msg("\"%s\" lacks \"%s\"", verdict.why, why);
	if (!strstr(verdict.notes, notes))
		fail_msg("\"%s\" lacks \"%s\"", verdict.notes, notes);
	verdict_clear(&verdict);
}

#define VERDICT(kind, why, notes, ...) \
	assert_verdict(&(struct scene){__VA_ARGS__}, kind, why, notes)

#define OK "1..1\nok 1 a\n"

static void reports_are_judged_with_the_end(void **state)
{
	(void)state;
	VERDICT(VERDICT_PASSED, "1 ok", "", .report = OK);
	VERDICT(VERDICT_PASSED, "1 ok, 1 skipped, 1 not ok as expected", "",
		.report = "1..3\nok 1\nok 2 # SKIP x\nnot ok 3 # TODO y\n");
	VERDICT(VERDICT_FAILED, "ended with status 3", "", .report = OK, .status = 3);
	VERDICT(VERDICT_FAILED, "signal 11", "", .report = OK, .status = 139);
	VERDICT(VERDICT_FAILED, "1 of 2 results not ok, the first: 'b': why", "status 0",
		.report = "1..2\nok 1 a\n# why\nnot ok 2 b\n");
	VERDICT(VERDICT_FAILED, "1 of 1", "", .report = "1..1\nnot ok 1 b\n", .status = 1);
	VERDICT(VERDICT_FAILED, "bailed out: no disk", "",
		.report = "1..2\nok 1\nBail out! no disk\n");
	VERDICT(VERDICT_SHORT_PLAN, "end at 1 of 2", "", .report = "1..2\nok 1\n");
	VERDICT(VERDICT_SHORT_PLAN, "end at 1 of 2", "1 of 1 results not ok",
		.report = "1..2\nnot ok 1\n", .status = 1);
	VERDICT(VERDICT_SHORT_PLAN, "reported nothing", "", .report = "", .status = 0);
	VERDICT(VERDICT_SHORT_PLAN, "status 127", "", .report = "", .status = 127);
}

static void skips_need_a_reason(void **state)
{
	(void)state;
	VERDICT(VERDICT_SKIPPED, "no KVM", "", .report = "1..0 # SKIP no KVM\n");
	VERDICT(VERDICT_SKIPPED, "no KVM", "", .report = "1..0 # SKIP no KVM\n", .status = 4);
	VERDICT(VERDICT_SKIPPED, "no KVM", "", .report = "1..1\nok 1 a # SKIP no KVM\n",
		.status = 77);
	VERDICT(VERDICT_SHORT_PLAN, "no reason", "", .report = "1..0\n");
	VERDICT(VERDICT_SHORT_PLAN, "no reason", "", .report = "1..1\nok 1 a # SKIP\n");
	VERDICT(VERDICT_FAILED, "status 1", "", .report = "1..0 # SKIP no KVM\n", .status = 1);
	VERDICT(VERDICT_PASSED, "1 ok, 1 skipped", "", .report = "1..2\nok 1\nok 2 # SKIP x\n");
}

static void each_end_has_its_verdict(void **state)
{
	static const struct {
		int code;
		enum verdict_kind kind;
	} ends[] = {
		{STATUS_QEMU_DIED, VERDICT_QEMU_DIED},
		{STATUS_NEVER_BOOTED, VERDICT_NEVER_BOOTED},
		{STATUS_PANIC, VERDICT_PANIC},
		{STATUS_HANG, VERDICT_HANG},
		{STATUS_AGENT_LOST, VERDICT_AGENT_LOST},
		{STATUS_NOT_CARRIED, VERDICT_FAILED},
		{STATUS_HOST_NOT_READY, VERDICT_HOST_NOT_READY},
		{STATUS_MISUSE, VERDICT_HOST_NOT_READY},
		{128 + 2, VERDICT_NOT_RUN},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
		VERDICT(ends[i].kind, "something happened", "", .report = "1..2\nok 1\n",
			.error = ends[i].code);
}

static void a_splat_counts_more_than_what_follows(void **state)
{
	static const int causes[] = {STATUS_HANG, STATUS_AGENT_LOST, STATUS_NOT_CARRIED};
	static const int ends[] = {STATUS_PANIC, STATUS_QEMU_DIED, STATUS_NEVER_BOOTED};

	(void)state;
	VERDICT(VERDICT_SPLAT, "WARNING: CPU: 0", "by itself passed", .report = OK,
		.log = BOOT WARN);
	VERDICT(VERDICT_SPLAT, "WARNING: CPU: 0", "then: failed", .report = "1..1\nnot ok 1\n",
		.status = 1, .log = BOOT WARN);
	for (size_t i = 0; i < G_N_ELEMENTS(causes); i++)
		VERDICT(VERDICT_SPLAT, "WARNING: CPU: 0", "something happened", .error = causes[i],
			.log = BOOT WARN);
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
		struct verdict verdict;

		judge(&verdict, &(struct scene){.error = ends[i], .log = BOOT WARN});
		assert_int_equal(verdict_status(verdict.kind), ends[i]);
		assert_non_null(strstr(verdict.notes, "WARNING: CPU: 0"));
		verdict_clear(&verdict);
	}
}

static void the_console_only_explains(void **state)
{
	(void)state;
	VERDICT(VERDICT_HANG, "something happened", "on the console: WARNING", .error = STATUS_HANG,
		.console = CONSOLE_WARN);
	VERDICT(VERDICT_PASSED, "1 ok", "", .report = OK, .console = "ok 1 a\n");
}

static void what_is_allowed_is_told(void **state)
{
	(void)state;
	VERDICT(VERDICT_PASSED, "1 ok", "allowed: WARNING: CPU: 0 PID: 85 at driver.c:7",
		.report = OK, .log = BOOT WARN,
		.allow = "WARNING: * driver.c:7 * | known since 6.12");
	VERDICT(VERDICT_SPLAT, "WARNING", "", .report = OK, .log = BOOT WARN,
		.allow = "WARNING: * driver.c:8 * | another");
}

static void a_log_with_holes_does_not_pass(void **state)
{
	(void)state;
	VERDICT(VERDICT_FAILED, "lost", "", .report = OK,
		.log = BOOT "6,9,3000,-;after the hole\n");
	VERDICT(VERDICT_FAILED, "nothing of the kernel's log", "", .report = OK, .log = "");
	VERDICT(VERDICT_FAILED, "1 of 1", "lost", .report = "1..1\nnot ok 1\n", .status = 1,
		.log = BOOT "6,9,3000,-;after the hole\n");
}

static void each_kind_has_a_status_of_its_own(void **state)
{
	(void)state;
	for (int a = 0; a < VERDICT_NOT_RUN; a++) {
		assert_non_null(verdict_name(a));
		assert_true(verdict_is_failure(a) == !!verdict_next(a));
		for (int b = a + 1; b < VERDICT_NOT_RUN; b++)
			assert_int_not_equal(verdict_status(a), verdict_status(b));
		if (verdict_status(a))
			assert_non_null(status_meaning(verdict_status(a)));
	}
}

static void the_worse_status_is_not_the_larger_one(void **state)
{
	static const int order[] = {STATUS_ALL_SKIPPED, 0,
				    STATUS_TEST_FAILED, STATUS_SHORT_PLAN,
				    STATUS_HANG,	STATUS_SPLAT,
				    STATUS_PANIC,	STATUS_QEMU_DIED,
				    STATUS_BUILD_FAILED};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(order); i++)
		for (size_t j = i; j < G_N_ELEMENTS(order); j++) {
			assert_int_equal(verdict_worse_status(order[i], order[j]), order[j]);
			assert_int_equal(verdict_worse_status(order[j], order[i]), order[j]);
		}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(reports_are_judged_with_the_end),
	cmocka_unit_test(skips_need_a_reason),
	cmocka_unit_test(each_end_has_its_verdict),
	cmocka_unit_test(a_splat_counts_more_than_what_follows),
	cmocka_unit_test(the_console_only_explains),
	cmocka_unit_test(what_is_allowed_is_told),
	cmocka_unit_test(a_log_with_holes_does_not_pass),
	cmocka_unit_test(each_kind_has_a_status_of_its_own),
	cmocka_unit_test(the_worse_status_is_not_the_larger_one),
};

UNIT_MAIN(tests)
