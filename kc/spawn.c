/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spawn.h"
#include "status.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Runs in the child between fork and exec. */
static void die_with_parent(void *data)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Had the parent gone before that, no signal would ever come. */
	if (getppid() != GPOINTER_TO_INT(data))
		_exit(127);
	setsid();
}

GSubprocess *spawn(const char *const *argv, const struct spawn_fd *fds, size_t count,
		   GError **error)
{
	g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
		G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
	g_autoptr(GError) cause = NULL;
	GSubprocess *child;

	g_subprocess_launcher_set_child_setup(launcher, die_with_parent, GINT_TO_POINTER(getpid()),
					      NULL);
	for (size_t i = 0; i < count; i++)
		g_subprocess_launcher_take_fd(launcher, fds[i].ours, fds[i].theirs);
	child = g_subprocess_launcher_spawnv(launcher, argv, &cause);
	if (!child)
		g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY, "cannot start '%s': %s",
			    argv[0], cause->message);
	return child;
}
