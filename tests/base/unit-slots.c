/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slots: as many at once as there are files, whoever takes them and however it ends. */
#include "base/slots.h"
#include "../unit.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void nothing_bounds_who_has_no_folder(void **state)
{
	(void)state;
	g_unsetenv("KC_TEST_SLOTS");
	assert_int_equal(slot_take(), SLOT_FREE);
	g_setenv("KC_TEST_SLOTS", "/dev/null/none", TRUE);
	assert_int_equal(slot_take(), SLOT_FREE);
	slot_give(SLOT_FREE);
}

static char *make_slots(int count)
{
	char *folder = g_dir_make_tmp("kc-slots-XXXXXX", NULL);

	for (int i = 0; i < count; i++) {
		g_autofree char *file = g_strdup_printf("%s/%d", folder, i);

		assert_true(g_file_set_contents(file, "", 0, NULL));
	}
	g_setenv("KC_TEST_SLOTS", folder, TRUE);
	return folder;
}

static void remove_slots(char *folder, int count)
{
	for (int i = 0; i < count; i++) {
		g_autofree char *file = g_strdup_printf("%s/%d", folder, i);

		g_unlink(file);
	}
	g_rmdir(folder);
	g_free(folder);
}

static void there_are_as_many_as_files(void **state)
{
	char *folder = make_slots(2);
	int first = slot_take(), second = slot_take();

	(void)state;
	assert_true(first >= 0 && second >= 0 && first != second);
	assert_int_equal(slot_take(), SLOT_NONE);
	slot_give(first);
	first = slot_take();
	assert_true(first >= 0);
	slot_give(first);
	slot_give(second);
	remove_slots(folder, 2);
}

static void a_child_of_meanwhile_does_not_keep_it(void **state)
{
	char *folder = make_slots(1);
	int slot = slot_take();
	pid_t child = fork();

	(void)state;
	if (child == 0)
		for (;;)
			pause();
	slot_give(slot);
	slot = slot_take();
	assert_true(slot >= 0);
	slot_give(slot);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	remove_slots(folder, 1);
}

static void who_is_killed_gives_it_back(void **state)
{
	char *folder = make_slots(1);
	int ends[2];
	pid_t child;
	char taken;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		taken = slot_take() >= 0;
		if (write(ends[1], &taken, 1) == 1)
			for (;;)
				pause();
		_exit(1);
	}
	assert_int_equal(read(ends[0], &taken, 1), 1);
	assert_true(taken);
	assert_int_equal(slot_take(), SLOT_NONE);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	slot_give(slot_take());
	assert_true(slot_take() >= 0);
	remove_slots(folder, 1);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(nothing_bounds_who_has_no_folder),
	cmocka_unit_test(there_are_as_many_as_files),
	cmocka_unit_test(a_child_of_meanwhile_does_not_keep_it),
	cmocka_unit_test(who_is_killed_gives_it_back),
};

UNIT_MAIN(tests)
