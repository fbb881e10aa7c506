/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/watch-turns.h"
#include "base/spawn.h"
#include "base/status.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define GRACE_SECONDS 2 /* for a turn to end after SIGTERM */

static void on_end(GObject *process, GAsyncResult *result, void *data)
{
	g_subprocess_wait_finish(G_SUBPROCESS(process), result, NULL);
	((struct turns *)data)->ended = true;
}

static bool begin(struct turns *turns, bool silent, GError **error)
{
	g_auto(GStrv) argv = NULL;

	turns->silent = silent;
	turns->ended = false;
	argv = turns->argv(turns->opaque);
	turns->turn = spawn_apart((const char *const *)argv, silent, error);
	if (turns->turn)
		g_subprocess_wait_async(turns->turn, NULL, on_end, turns);
	return turns->turn;
}

static bool has_ended(void *data)
{
	return ((struct turns *)data)->ended;
}

/*
 * It leads a session of its own, of make and compilers, which remove what they
 * have half written; its machines die with it.
 */
static void end(struct turns *turns)
{
	const char *id = turns->turn ? g_subprocess_get_identifier(turns->turn) : NULL;

	if (!turns->turn)
		return;
	if (id)
		kill(-atoi(id), SIGTERM);
	if (!loop_finish(has_ended, turns, loop_deadline(GRACE_SECONDS)))
		g_subprocess_force_exit(turns->turn);
	while (!turns->ended)
		g_main_context_iteration(NULL, TRUE);
	g_clear_object(&turns->turn);
}

static int status_of(GSubprocess *turn)
{
	return g_subprocess_get_if_exited(turn) ? g_subprocess_get_exit_status(turn)
						: 128 + g_subprocess_get_term_sig(turn);
}

static void print_verdict(const struct turns *turns, int status)
{
	double seconds = (g_get_monotonic_time() - turns->saved) / 1e6;
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	g_autofree char *at = g_date_time_format(now, "%T");
	const char *verdict = status == 0		      ? "PASSED"
			      : status == STATUS_BUILD_FAILED ? "NOT BUILT"
							      : "NOT PASSED";

	printf("%s: %s, after %.1f s; the next save is awaited, Ctrl-C ends\n", at, verdict,
	       seconds);
	fflush(stdout);
}

/* A driver that is saved next is tested sooner if its machine need not boot. */
static bool finish(struct turns *turns, GError **error)
{
	int status = status_of(turns->turn);
	bool more = turns->settle(turns->opaque, status);

	if (!turns->silent)
		print_verdict(turns, status);
	if (ferror(stdout))
		loop_raise_signal(SIGPIPE);
	g_clear_object(&turns->turn);
	return !more || begin(turns, true, error);
}

static bool has_event(void *data)
{
	struct turns *turns = data;

	return (turns->turn && turns->ended) || watch_has_news(turns->watch);
}

/* Until a turn has ended or something was saved, which ends the turn. */
static bool step(struct turns *turns, GError **error)
{
	enum loop_end how = loop_until(has_event, turns, LOOP_NEVER);
	gint64 seen = g_get_monotonic_time();
	GError *cause = NULL;

	if (how == LOOP_DONE && turns->turn && turns->ended)
		return finish(turns, error);
	if (how == LOOP_DONE)
		how = watch_wait(turns->watch, LOOP_NEVER);
	if (how != LOOP_DONE) {
		loop_explain(how, "a file was saved", error);
		return false;
	}
	if (turns->take(turns->opaque, &cause)) {
		end(turns);
		turns->saved = seen;
		return begin(turns, false, error);
	}
	if (cause)
		g_propagate_error(error, cause);
	return !cause;
}

void turns_keep(struct turns *turns, GError **error)
{
	turns->saved = g_get_monotonic_time();
	if (begin(turns, false, error))
		while (step(turns, error))
			;
	end(turns);
	g_clear_pointer(&turns->watch, watch_free);
}
