/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Children that never outlive kc, whatever becomes of it. */
#ifndef KC_BASE_SPAWN_H
#define KC_BASE_SPAWN_H

#include <gio/gio.h>
#include <stdbool.h>

struct spawn_fd {
	int ours; /* closed in any case */
	int theirs; /* its number in the child */
};

/*
 * Starts @argv in the folder @dir (NULL: ours) and a session of its own, so that
 * a terminal's Ctrl-C reaches kc alone, with stdin from /dev/null and stderr behind
 * g_subprocess_get_stderr_pipe(). Fails with STATUS_HOST_NOT_READY.
 */
GSubprocess *spawn(const char *const *argv, const char *dir, const struct spawn_fd *fds,
		   size_t count, GError **error);

/* The same, with @name set to @value in its environment, where @name is not NULL. */
GSubprocess *spawn_env(const char *const *argv, const char *dir, const char *name,
		       const char *value, const struct spawn_fd *fds, size_t count, GError **error);

/* As spawn(), with stdout and stderr together behind g_subprocess_get_stdout_pipe(). */
GSubprocess *spawn_tool(const char *const *argv, GError **error);

/* From @in to @out, both taken, or to a pipe where @out is -1; stderr as in spawn(). */
GSubprocess *spawn_filter(const char *const *argv, int in, int out, GError **error);

/* Away from the terminal; unless it is @silent it writes where kc does. */
GSubprocess *spawn_apart(const char *const *argv, bool silent, GError **error);

/* For a program that talks to the user, who then talks to it alone: see SIGINT. */
GSubprocess *spawn_on_terminal(const char *const *argv, GError **error);

#endif
