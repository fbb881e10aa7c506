/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signals: each ends a wait, and none is left unanswered. */
#include "base/loop.h"
#include "base/status.h"
#include "../unit.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static bool never(void *data)
{
	(void)data;
	return false;
}

static void each_signal_ends_a_wait(void **state)
{
	static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

	(void)state;
	loop_catch_signals();
	for (size_t i = 0; i < G_N_ELEMENTS(caught); i++) {
		GError *error = NULL;

		raise(caught[i]);
		assert_int_equal(loop_until(never, NULL, loop_deadline(10)), LOOP_SIGNAL);
		loop_explain(LOOP_SIGNAL, "it ended", &error);
		assert_refused(error, 128 + caught[i], "interrupted");
		/* Until somebody takes it, it ends the next one, too; not what must be finished. */
		assert_int_equal(loop_until(never, NULL, loop_deadline(10)), LOOP_SIGNAL);
		assert_false(loop_finish(never, NULL, loop_deadline(0.05)));
		assert_int_equal(loop_take_signal(), caught[i]);
		assert_int_equal(loop_until(never, NULL, loop_deadline(0.05)), LOOP_LATE);
	}
	loop_signal_answered();
}

static void a_hangup_stays_ignored(void **state)
{
	(void)state;
	signal(SIGHUP, SIG_IGN);
	loop_catch_signals();
	raise(SIGHUP);
	assert_int_equal(loop_signal(), 0);
	signal(SIGHUP, SIG_DFL);
}

/* Nobody waits in the loop: as in a write to a pipe that is full. */
static int die_unanswered(void)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		loop_catch_signals();
		kill(getpid(), SIGTERM);
		sleep(LOOP_ANSWER_SECONDS / 2);
		kill(getpid(), SIGTERM);
		for (int i = 0; i < LOOP_ANSWER_SECONDS * 2; i++)
			usleep(500 * 1000);
		_exit(0);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void a_signal_that_nobody_takes_ends_all(void **state)
{
	gint64 begin = g_get_monotonic_time();

	(void)state;
	assert_int_equal(die_unanswered(), 128 + SIGTERM);
	/* The second signal does not give it more time. */
	assert_true(g_get_monotonic_time() - begin <
		    (LOOP_ANSWER_SECONDS + 2) * (gint64)G_USEC_PER_SEC);
}

static void the_parents_signal_is_not_the_childs(void **state)
{
	pid_t child;
	int status = 0;

	(void)state;
	loop_catch_signals();
	raise(SIGTERM);
	child = fork();
	if (child == 0) {
		loop_catch_signals();
		_exit(loop_until(never, NULL, loop_deadline(0.05)) == LOOP_LATE ? 0 : 1);
	}
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	assert_int_equal(loop_until(never, NULL, loop_deadline(10)), LOOP_SIGNAL);
	loop_take_signal();
	loop_signal_answered();
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(each_signal_ends_a_wait),
	cmocka_unit_test(a_hangup_stays_ignored),
	cmocka_unit_test(a_signal_that_nobody_takes_ends_all),
	cmocka_unit_test(the_parents_signal_is_not_the_childs),
};

UNIT_MAIN(tests)
