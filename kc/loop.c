/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "loop.h"

#include <glib-unix.h>
#include <signal.h>

static int pending_signal;

gint64 loop_deadline(double seconds)
{
	return seconds > 0 ? g_get_monotonic_time() + (gint64)(seconds * G_USEC_PER_SEC)
			   : LOOP_NEVER;
}

static gboolean on_deadline(void *data)
{
	*(bool *)data = true;
	return G_SOURCE_REMOVE;
}

static GSource *deadline_source(gint64 deadline, bool *late)
{
	gint64 wait = MAX(deadline - g_get_monotonic_time(), 0);
	GSource *source = g_timeout_source_new(MIN(wait / 1000, G_MAXINT));

	g_source_set_callback(source, on_deadline, late, NULL);
	g_source_attach(source, NULL);
	return source;
}

enum loop_end loop_until(bool (*step)(void *data), void *data, gint64 deadline)
{
	GSource *timer = NULL;
	enum loop_end end;
	bool late = false;

	if (deadline != LOOP_NEVER)
		timer = deadline_source(deadline, &late);
	for (;;) {
		end = step(data) ? LOOP_DONE : pending_signal ? LOOP_SIGNAL : LOOP_LATE;
		if (end != LOOP_LATE || late)
			break;
		g_main_context_iteration(NULL, TRUE);
	}
	if (timer) {
		g_source_destroy(timer);
		g_source_unref(timer);
	}
	return end;
}

static gboolean on_signal(void *data)
{
	pending_signal = GPOINTER_TO_INT(data);
	return G_SOURCE_CONTINUE;
}

void loop_catch_signals(void)
{
	static const int caught[] = {SIGINT, SIGTERM, SIGHUP};

	for (size_t i = 0; i < G_N_ELEMENTS(caught); i++)
		g_unix_signal_add(caught[i], on_signal, GINT_TO_POINTER(caught[i]));
	signal(SIGPIPE, SIG_IGN);
}

void loop_ignore_signal(int signo)
{
	signal(signo, SIG_IGN);
}

int loop_take_signal(void)
{
	int signo = pending_signal;

	pending_signal = 0;
	return signo;
}
