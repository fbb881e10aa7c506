// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Secure erase, on a disk of the host's that can: it is offered, each range
 * reaches the disk once, and nothing does that is beyond it or has a flag.
 */
#include "../unit.h"
#include "../../devices/blk/abi.h"
#include "blk-chain.h"
#include "blk-machine.h"

#include <glib/gstdio.h>
#include <string.h>

#define DISK "driver=host_device,filename=/dev/zero,locking=off"

static char *erased;

static void ask(const struct craft_blk_range *ranges, guint16 count, unsigned expected,
		const char *log)
{
	struct chain_cuts cuts = {{16 + count * sizeof(*ranges)}, {1}};
	struct chain chain = {.qtest = &machine.qtest, .ring = RING_SPLIT, .cuts = &cuts};
	g_autofree char *text = NULL;

	g_unlink(erased);
	assert_true(chain_start(&chain, 0) & 1u << CRAFT_BLK_F_SECURE_ERASE);
	chain_header(&chain, CRAFT_BLK_T_SECURE_ERASE, 0);
	memcpy(chain.sent + 16, ranges, count * sizeof(*ranges));
	chain_submit(&chain);
	assert_int_equal(chain_await(&chain), expected);
	g_file_get_contents(erased, &text, NULL, NULL);
	assert_string_equal(text ? text : "", log);
}

static void erases(void **state)
{
	struct craft_blk_range ranges[2] = {{GUINT64_TO_LE(8), GUINT32_TO_LE(2), 0},
					    {GUINT64_TO_LE(64), GUINT32_TO_LE(64), 0}};

	(void)state;
	machine_start(OURS, "", DISK);
	ask(ranges, 1, CRAFT_BLK_S_OK, "4096 1024\n");
	ask(ranges, 2, CRAFT_BLK_S_OK, "4096 1024\n32768 32768\n");
	ranges[1].num_sectors = GUINT32_TO_LE(65);
	ask(ranges, 2, CRAFT_BLK_S_IOERR, "");
	ranges[1].flags = GUINT32_TO_LE(CRAFT_BLK_RANGE_UNMAP);
	ask(ranges, 2, CRAFT_BLK_S_UNSUPP, "");
}

static void not_wanted(void **state)
{
	struct chain chain = {.qtest = &machine.qtest, .ring = RING_SPLIT};

	(void)state;
	machine_start(OURS, ",secure-erase=off", DISK);
	assert_false(chain_start(&chain, 0) & 1u << CRAFT_BLK_F_SECURE_ERASE);
}

static int set_up(void **state)
{
	g_autofree char *library = NULL, *source = NULL;
	int status;

	machine_set_up(state);
	library = g_strconcat(machine.disk, ".so", NULL);
	source = machine_file("tests/devices/preload/secure-erase.c");
	erased = g_strconcat(machine.disk, ".erased", NULL);
	const char *argv[] = {"gcc", "-shared", "-fPIC", "-o", library, source, "-ldl", NULL};
	if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
			  &status, NULL) ||
	    status)
		fail_msg("gcc makes no %s", library);
	g_setenv("LD_PRELOAD", library, true);
	g_setenv("ERASED", erased, true);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(erases, machine_tear_down),
		cmocka_unit_test_teardown(not_wanted, machine_tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, machine_drop);
}
