/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "learn/make.h"
#include "base/loop.h"
#include "base/status.h"

#include <errno.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAKE_SECONDS 600
#define SAID_MAX (1 << 20) /* bytes of a compiler's complaints that are kept */
#define GRACE_MS 2000 /* for make and compilers to end after SIGTERM */

/* A session of its own: Ctrl-C is kc's, which ends all of it. */
static void leave_terminal(void *parent)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != GPOINTER_TO_INT(parent))
		_exit(127);
	setsid();
}

static bool start(const struct lab *lab, const char *verb, const char *dir, GPid *pid, int *out,
		  GError **error)
{
	g_autofree char *place = g_strconcat("DIR=", dir, NULL);
	const char *argv[] = {"env",  "-u", "MAKEFLAGS", "-u",	    "MFLAGS", "-u",  "MAKELEVEL",
			      "make", "-s", "-C",	 lab->root, verb,     place, NULL};
	g_autoptr(GError) cause = NULL;
	int ends[2];
	bool ok = g_unix_open_pipe(ends, FD_CLOEXEC, &cause);

	if (ok) {
		ok = g_spawn_async_with_fds(NULL, (char **)argv, NULL,
					    G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD,
					    leave_terminal, GINT_TO_POINTER(getpid()), pid, -1,
					    ends[1], ends[1], &cause);
		close(ends[1]);
		*out = ends[0];
		if (!ok)
			close(ends[0]);
	}
	if (!ok)
		g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY, "cannot start make: %s",
			    cause->message);
	return ok;
}

/* True at its end. */
static bool read_some(int fd, GString *said)
{
	char data[4096];
	ssize_t n = read(fd, data, sizeof(data));

	if (n > 0 && said->len < SAID_MAX)
		g_string_append_len(said, data, n);
	return n == 0 || (n < 0 && errno != EINTR);
}

/* Until make and all that it started have closed their output. */
static enum loop_end read_all(int fd, GString *said)
{
	gint64 deadline = loop_deadline(MAKE_SECONDS);
	struct pollfd waits[] = {{fd, POLLIN, 0}, {loop_signal_fd(), POLLIN, 0}};

	for (;;) {
		gint64 left = (deadline - g_get_monotonic_time()) / 1000;

		if (loop_signal())
			return LOOP_SIGNAL;
		if (left <= 0)
			return LOOP_LATE;
		if (poll(waits, G_N_ELEMENTS(waits), (int)left) > 0 && waits[0].revents &&
		    read_some(fd, said))
			return LOOP_DONE;
	}
}

static void end_session(GPid pid, int fd)
{
	struct pollfd gone = {fd, POLLIN, 0};
	gint64 until = g_get_monotonic_time() + GRACE_MS * 1000;
	g_autoptr(GString) rest = g_string_new(NULL);

	kill(-pid, SIGTERM);
	while (g_get_monotonic_time() < until)
		if (poll(&gone, 1, GRACE_MS / 10) > 0 && read_some(fd, rest))
			break;
	kill(-pid, SIGKILL);
}

bool make_verb(const struct lab *lab, const char *verb, const char *dir, char **said,
	       GError **error)
{
	GString *text = g_string_new(NULL);
	enum loop_end end;
	int fd, status = 0;
	GPid pid;

	*said = NULL;
	if (!start(lab, verb, dir, &pid, &fd, error)) {
		g_string_free(text, TRUE);
		return false;
	}
	end = read_all(fd, text);
	if (end != LOOP_DONE)
		end_session(pid, fd);
	close(fd);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	*said = g_string_free(text, FALSE);
	if (end == LOOP_DONE)
		return status == 0;
	loop_explain(end, "the exercise was built", error);
	return false;
}
