/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test/edit-make.h"
#include "base/status.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define BUILD_SECONDS 1800 /* QEMU may have to be configured and built anew */

static void leave_with_parent(void *parent)
{
	/* make and compilers remove on it what they have half written. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != GPOINTER_TO_INT(parent))
		_exit(127);
	/* It outlives exec. */
	alarm(BUILD_SECONDS);
}

/* What an outer make said is not for this one. */
static char **make_environment(void)
{
	char **env = g_get_environ();

	env = g_environ_unsetenv(env, "MAKEFLAGS");
	env = g_environ_unsetenv(env, "MFLAGS");
	return g_environ_unsetenv(env, "MAKELEVEL");
}

static char **make_argv(const struct lab *lab, const char *const *words)
{
	const char *first[] = {"make", "-s", "-C", lab->root};
	GPtrArray *argv = g_ptr_array_new();

	for (size_t i = 0; i < G_N_ELEMENTS(first); i++)
		g_ptr_array_add(argv, g_strdup(first[i]));
	for (; *words; words++)
		g_ptr_array_add(argv, g_strdup(*words));
	g_ptr_array_add(argv, NULL);
	return (char **)g_ptr_array_free(argv, FALSE);
}

bool edit_make(const struct lab *lab, const char *const *words, const char *what, char **said,
	       GError **error)
{
	g_auto(GStrv) argv = make_argv(lab, words);
	g_auto(GStrv) env = make_environment();
	g_autoptr(GError) cause = NULL;
	int status = 0;

	if (!g_spawn_sync(NULL, argv, env, G_SPAWN_SEARCH_PATH, leave_with_parent,
			  GINT_TO_POINTER(getpid()), said, NULL, &status, &cause))
		g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY, "cannot start make: %s",
			    cause->message);
	else if (WIFSIGNALED(status))
		g_set_error(error, STATUS_ERROR, STATUS_BUILD_FAILED,
			    "building %s was ended by signal %d (%s)", what, WTERMSIG(status),
			    g_strsignal(WTERMSIG(status)));
	else if (status)
		g_set_error(error, STATUS_ERROR, STATUS_BUILD_FAILED,
			    "%s does not build; what was built before is still there", what);
	else
		return true;
	return false;
}
