// SPDX-License-Identifier: GPL-2.0-or-later
/* Which mistake a verdict means by itself. */
#include "learn/exercise.h"
#include "../unit.h"

static const char symptoms[] = "[symptoms]\n"
			       "long:qemu-died:stack-smashing = overrun\n"
			       "long:hang = endless\n"
			       "*:qemu-died:Assertion = aborts\n"
			       "*:panic = crashes\n";

static void means(const char *step, const char *verdict, const char *found, const char *mistake)
{
	struct exercise exercise = {.file = g_key_file_new()};
	g_autofree char *seen = NULL;

	assert_true(g_key_file_load_from_data(exercise.file, symptoms, -1, G_KEY_FILE_NONE, NULL));
	seen = exercise_symptom(&exercise, step, verdict, found);
	assert_string_equal(seen ? seen : "none", mistake);
	g_key_file_unref(exercise.file);
}

static void test_symptoms(void **state)
{
	(void)state;
	means("long", "QEMU died", "signal 6: *** stack smashing detected ***", "overrun");
	means("short", "QEMU died", "signal 6: *** stack smashing detected ***", "none");
	means("long", "QEMU died", "signal 6: Assertion `len' failed", "aborts");
	means("short", "QEMU died", "signal 11", "none");
	means("short", "panic", "", "crashes");
	means("short", "hang", "", "none");
	means("long", "hang", "", "endless");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_symptoms),
};

UNIT_MAIN(tests)
