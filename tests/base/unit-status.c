/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each status of kc's has a meaning, and one for git bisect. */
#include "base/status.h"
#include "../unit.h"

static void each_status_has_a_meaning(void **state)
{
	(void)state;
	for (int status = STATUS_MISUSE; status < STATUS_END; status++)
		assert_non_null(status_meaning(status));
	assert_null(status_meaning(STATUS_END));
	assert_null(status_meaning(0));
}

/* What git takes: 0 good, 1 bad, 125 skip, 128 and more stop. */
static void bisect_is_told(void **state)
{
	static const struct {
		int status, told;
	} cases[] = {
		{0, 0},
		{1, 1},
		{42, 1},
		{124, 1},
		{125, 125},
		{STATUS_ALL_SKIPPED, 125},
		{STATUS_NEVER_BOOTED, 125},
		{STATUS_BUILD_FAILED, 125},
		{STATUS_PANIC, 1},
		{STATUS_SPLAT, 1},
		{STATUS_HANG, 1},
		{STATUS_AGENT_LOST, 1},
		{STATUS_QEMU_DIED, 1},
		{STATUS_SHORT_PLAN, 1},
		{STATUS_KUNIT_FAILED, 1},
		{STATUS_MISUSE, STATUS_MISUSE},
		{STATUS_HOST_NOT_READY, STATUS_HOST_NOT_READY},
		{STATUS_STOPPED, STATUS_STOPPED},
		{STATUS_NOT_CARRIED, STATUS_NOT_CARRIED},
		{130, 130},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		assert_int_equal(status_for_bisect(cases[i].status), cases[i].told);
	/* The guest has no such command: no commit would have. */
	assert_true(status_for_bisect(126) >= 128);
	assert_true(status_for_bisect(127) >= 128);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(each_status_has_a_meaning),
	cmocka_unit_test(bisect_is_told),
};

UNIT_MAIN(tests)
