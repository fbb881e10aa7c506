/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kept a process from running is seen and named, whatever kept it; and nothing else is. */
#define _GNU_SOURCE /* sched_setaffinity() */
#include "lab/stalls.h"
#include "../unit.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOMENT (G_USEC_PER_SEC * 3 / 2)

static pid_t start(void (*work)(void))
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	work();
	_exit(0);
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void idle(void)
{
	for (;;)
		pause();
}

/* All that spin so want the same CPU. */
static void spin(void)
{
	cpu_set_t all, one;

	sched_getaffinity(0, sizeof(all), &all);
	CPU_ZERO(&one);
	for (int i = 0; i < CPU_SETSIZE && !CPU_COUNT(&one); i++)
		if (CPU_ISSET(i, &all))
			CPU_SET(i, &one);
	sched_setaffinity(0, sizeof(one), &one);
	for (;;)
		;
}

static double seconds_in(const char *text, const char *before)
{
	const char *at = text ? strstr(text, before) : NULL;

	return at ? strtod(at + strlen(before), NULL) : -1;
}

static void nothing_is_told_of_who_only_sleeps(void **state)
{
	pid_t pid = start(idle);
	struct stalls *stalls = stalls_new(pid);

	(void)state;
	g_usleep(MOMENT);
	assert_null(stalls_explain(stalls, 10));
	assert_null(stalls_sum(stalls));
	stalls_free(stalls);
	end(pid);
}

static void a_stopped_process_is_told(void **state)
{
	pid_t pid = start(idle);
	struct stalls *stalls = stalls_new(pid);
	g_autofree char *text = NULL;
	g_autofree char *sum = NULL;

	(void)state;
	g_usleep(MOMENT / 3);
	kill(pid, SIGSTOP);
	g_usleep(MOMENT);
	kill(pid, SIGCONT);
	text = stalls_explain(stalls, 3);
	sum = stalls_sum(stalls);
	assert_non_null(text);
	assert_non_null(strstr(text, "stopped, by a signal or a debugger"));
	assert_true(seconds_in(text, "could not run for ") > 1.0);
	assert_true(seconds_in(text, "could not run for ") < 3.0);
	assert_true(seconds_in(sum, "could not run for ") > 1.0);
	/* That long is no reason to have waited so long. */
	assert_null(stalls_explain(stalls, 100));
	stalls_free(stalls);
	end(pid);
}

static void a_machine_that_is_held_is_told(void **state)
{
	pid_t pid = start(idle);
	struct stalls *stalls = stalls_new(pid);
	g_autofree char *text = NULL;

	(void)state;
	stalls_hold(stalls, true);
	g_usleep(MOMENT);
	stalls_hold(stalls, false);
	g_usleep(MOMENT / 3);
	text = stalls_explain(stalls, 3);
	assert_true(seconds_in(text, "paused the machine for ") > 1.4);
	assert_true(seconds_in(text, "paused the machine for ") < 1.9);
	stalls_free(stalls);
	end(pid);
}

/* A terminal's Ctrl-Z stops kc, too, and so does the end of a laptop's battery. */
static void who_watches_is_stopped_too(void)
{
	pid_t pid = start(idle);
	struct stalls *stalls = stalls_new(pid);
	g_autofree char *text = NULL;

	g_usleep(MOMENT / 3);
	kill(pid, SIGSTOP);
	raise(SIGSTOP);
	kill(pid, SIGCONT);
	text = stalls_explain(stalls, 3);
	end(pid);
	_exit(seconds_in(text, "could not run for ") > 1.0 ? 0 : 1);
}

static void what_stops_both_is_told(void **state)
{
	pid_t pid = start(who_watches_is_stopped_too);
	int status;

	(void)state;
	waitpid(pid, &status, WUNTRACED);
	assert_true(WIFSTOPPED(status));
	g_usleep(MOMENT);
	kill(pid, SIGCONT);
	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_wait_for_a_cpu_is_told(void **state)
{
	pid_t other = start(spin), third = start(spin), pid = start(spin);
	struct stalls *stalls = stalls_new(pid);
	g_autofree char *text = NULL;

	(void)state;
	g_usleep(MOMENT * 2);
	text = stalls_explain(stalls, 3);
	assert_non_null(text);
	assert_true(seconds_in(text, "QEMU waited ") > 0.5);
	stalls_free(stalls);
	end(pid);
	end(other);
	end(third);
}

static void a_process_that_has_ended_is_none(void **state)
{
	pid_t pid = start(idle);
	struct stalls *stalls = stalls_new(pid);

	(void)state;
	end(pid);
	g_usleep(MOMENT / 3);
	assert_null(stalls_sum(stalls));
	stalls_free(stalls);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(nothing_is_told_of_who_only_sleeps),
	cmocka_unit_test(a_stopped_process_is_told),
	cmocka_unit_test(a_machine_that_is_held_is_told),
	cmocka_unit_test(what_stops_both_is_told),
	cmocka_unit_test(a_wait_for_a_cpu_is_told),
	cmocka_unit_test(a_process_that_has_ended_is_none),
};

UNIT_MAIN(tests)
