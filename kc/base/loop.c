/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/loop.h"
#include "base/status.h"
#include "base/term.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static volatile sig_atomic_t pending_signal;
static volatile sig_atomic_t last_signal;
static int wake_fd = -1;
static guint wake_watch;

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

static enum loop_end run(bool (*step)(void *data), void *data, gint64 deadline, bool signals)
{
	GSource *timer = NULL;
	enum loop_end end;
	bool late = false;

	if (deadline != LOOP_NEVER)
		timer = deadline_source(deadline, &late);
	for (;;) {
		end = step(data) ? LOOP_DONE : signals && pending_signal ? LOOP_SIGNAL : LOOP_LATE;
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

enum loop_end loop_until(bool (*step)(void *data), void *data, gint64 deadline)
{
	return run(step, data, deadline, true);
}

bool loop_finish(bool (*step)(void *data), void *data, gint64 deadline)
{
	return run(step, data, deadline, false) == LOOP_DONE;
}

void loop_explain(enum loop_end end, const char *what, GError **error)
{
	if (end == LOOP_SIGNAL)
		g_set_error(error, STATUS_ERROR, 128 + pending_signal, "interrupted (%s)",
			    g_strsignal(pending_signal));
	else
		g_set_error(error, STATUS_ERROR, STATUS_HANG, "the time limit passed before %s",
			    what);
}

static void wake(void)
{
	static const guint64 one = 1;

	/* It fails only where it is readable already. */
	if (write(wake_fd, &one, sizeof(one)) < 0)
		return;
}

/* A second one does not give more time. */
static void start_clock(void)
{
	unsigned left = alarm(LOOP_ANSWER_SECONDS);

	if (left)
		alarm(left);
}

static void on_signal(int signo)
{
	int before = errno;

	pending_signal = last_signal = signo;
	start_clock();
	wake();
	errno = before;
}

/* QEMU and the others are killed by the kernel when we are gone. */
static void on_unanswered(int signo)
{
	(void)signo;
	term_restore();
	_exit(128 + last_signal);
}

static gboolean on_wake(int fd, GIOCondition condition, void *data)
{
	guint64 count;

	(void)condition, (void)data;
	return read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN && errno != EINTR
		       ? G_SOURCE_REMOVE
		       : G_SOURCE_CONTINUE;
}

static void catch (int signo, void (*handler)(int signo))
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

	sigaction(signo, &action, NULL);
}

static bool is_ignored(int signo)
{
	struct sigaction found;

	return sigaction(signo, NULL, &found) == 0 && found.sa_handler == SIG_IGN;
}

/* Before fork() it was the parent's. */
static void renew_wake(void)
{
	g_clear_handle_id(&wake_watch, g_source_remove);
	if (wake_fd >= 0)
		close(wake_fd);
	wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	wake_watch = g_unix_fd_add(wake_fd, G_IO_IN, on_wake, NULL);
	pending_signal = 0;
}

void loop_catch_signals(void)
{
	renew_wake();
	catch (SIGALRM, on_unanswered);
	catch (SIGINT, on_signal);
	catch (SIGTERM, on_signal);
	catch (SIGQUIT, on_signal);
	/* Who starts kc by nohup wants it to outlive the terminal. */
	if (!is_ignored(SIGHUP))
		catch (SIGHUP, on_signal);
	signal(SIGPIPE, SIG_IGN);
}

static const int held_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
static struct sigaction before_hold[G_N_ELEMENTS(held_signals)];
static volatile sig_atomic_t held_signal;

static void on_held(int signo)
{
	held_signal = signo;
}

/* A mask would be one thread's; GLib has others, which would take the signal. */
void loop_hold_signals(void)
{
	const struct sigaction hold = {.sa_handler = on_held, .sa_flags = SA_RESTART};

	held_signal = 0;
	for (size_t i = 0; i < G_N_ELEMENTS(held_signals); i++)
		sigaction(held_signals[i], &hold, &before_hold[i]);
}

void loop_release_signals(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(held_signals); i++)
		sigaction(held_signals[i], &before_hold[i], NULL);
	if (held_signal)
		raise(held_signal);
}

int loop_signal_fd(void)
{
	return wake_fd;
}

void loop_ignore_signal(int signo)
{
	signal(signo, SIG_IGN);
}

void loop_raise_signal(int signo)
{
	if (!pending_signal)
		pending_signal = last_signal = signo;
	wake();
}

int loop_signal(void)
{
	return pending_signal;
}

int loop_take_signal(void)
{
	int signo = pending_signal;

	pending_signal = 0;
	return signo;
}

void loop_signal_answered(void)
{
	alarm(0);
}
