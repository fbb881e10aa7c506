/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/spawn.h"
#include "base/status.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Runs in the child between fork and exec, as does the next. */
static void die_with_parent(void *data)
{
	pid_t parent = GPOINTER_TO_INT(data);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Had the parent gone before that, no signal would ever come. */
	if (getppid() != parent)
		_exit(127);
	signal(SIGINT, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
}

static void leave_terminal(void *data)
{
	die_with_parent(data);
	/* A gdb of kc's may attach to it where only ancestors may (Yama). */
	prctl(PR_SET_PTRACER, GPOINTER_TO_INT(data));
	setsid();
}

static GSubprocess *start(const char *const *argv, GSubprocessLauncher *launcher,
			  GSpawnChildSetupFunc setup, GError **error)
{
	g_autoptr(GError) cause = NULL;
	GSubprocess *child;

	g_subprocess_launcher_set_child_setup(launcher, setup, GINT_TO_POINTER(getpid()), NULL);
	child = g_subprocess_launcher_spawnv(launcher, argv, &cause);
	if (!child)
		g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY, "cannot start '%s': %s",
			    argv[0], cause->message);
	return child;
}

GSubprocess *spawn(const char *const *argv, const char *dir, const struct spawn_fd *fds,
		   size_t count, GError **error)
{
	return spawn_env(argv, dir, NULL, NULL, fds, count, error);
}

GSubprocess *spawn_env(const char *const *argv, const char *dir, const char *name,
		       const char *value, const struct spawn_fd *fds, size_t count, GError **error)
{
	g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
		G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_PIPE);

	if (dir)
		g_subprocess_launcher_set_cwd(launcher, dir);
	if (name)
		g_subprocess_launcher_setenv(launcher, name, value, TRUE);
	for (size_t i = 0; i < count; i++)
		g_subprocess_launcher_take_fd(launcher, fds[i].ours, fds[i].theirs);
	return start(argv, launcher, leave_terminal, error);
}

GSubprocess *spawn_tool(const char *const *argv, GError **error)
{
	g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
		G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);

	return start(argv, launcher, leave_terminal, error);
}

GSubprocess *spawn_filter(const char *const *argv, int in, int out, GError **error)
{
	g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
		(out < 0 ? G_SUBPROCESS_FLAGS_STDOUT_PIPE : G_SUBPROCESS_FLAGS_NONE) |
		G_SUBPROCESS_FLAGS_STDERR_PIPE);

	g_subprocess_launcher_take_stdin_fd(launcher, in);
	if (out >= 0)
		g_subprocess_launcher_take_stdout_fd(launcher, out);
	return start(argv, launcher, leave_terminal, error);
}

GSubprocess *spawn_apart(const char *const *argv, bool silent, GError **error)
{
	g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
		silent ? G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE
		       : G_SUBPROCESS_FLAGS_NONE);

	return start(argv, launcher, leave_terminal, error);
}

GSubprocess *spawn_on_terminal(const char *const *argv, GError **error)
{
	g_autoptr(GSubprocessLauncher)
		launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDIN_INHERIT);

	return start(argv, launcher, die_with_parent, error);
}
