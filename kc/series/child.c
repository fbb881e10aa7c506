/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "series/child.h"
#include "base/loop.h"
#include "base/status.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define GRACE_SECONDS 2 /* for make and compilers after SIGTERM; kc then gets a second one */
#define LAST_SECONDS 5
#define LOOK_MS 20

static void leave_terminal(void *parent)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != GPOINTER_TO_INT(parent))
		_exit(127);
	setsid();
}

/* Where kc is called by a hook or by git bisect run, these say which repository is meant. */
static char **environment(const char *root)
{
	static const char *const others[] = {
		"GIT_DIR",	  "GIT_WORK_TREE",
		"GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY",
		"GIT_COMMON_DIR", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
		"GIT_NAMESPACE",  "GIT_CEILING_DIRECTORIES",
		"GIT_PREFIX",	  "MAKEFLAGS",
		"MFLAGS",	  "MAKELEVEL",
	};
	char **env = g_get_environ();

	for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
		env = g_environ_unsetenv(env, others[i]);
	env = g_environ_setenv(env, "LC_ALL", "C.UTF-8", TRUE);
	return root ? g_environ_setenv(env, "KC_ROOT", root, TRUE) : env;
}

struct ending {
	GPid pid;
	bool ended;
	int status;
};

static void on_end(GPid pid, int status, void *data)
{
	struct ending *ending = data;

	g_spawn_close_pid(pid);
	ending->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	ending->ended = true;
}

static bool has_ended(void *data)
{
	return ((struct ending *)data)->ended;
}

static gboolean look_again(void *data)
{
	(void)data;
	return G_SOURCE_CONTINUE;
}

/* All of its session, and not only the script that began it: make takes away what is half made. */
static bool has_left(void *data)
{
	const struct ending *ending = data;

	return ending->ended && kill(-ending->pid, 0) < 0 && errno == ESRCH;
}

/* A kc ends its machines itself. */
static void end_session(struct ending *ending)
{
	guint timer = g_timeout_add(LOOK_MS, look_again, NULL);

	kill(-ending->pid, SIGTERM);
	if (!loop_finish(has_left, ending, loop_deadline(GRACE_SECONDS))) {
		kill(-ending->pid, SIGTERM);
		loop_finish(has_left, ending, loop_deadline(LAST_SECONDS));
	}
	kill(-ending->pid, SIGKILL);
	loop_finish(has_ended, ending, LOOP_NEVER);
	g_source_remove(timer);
}

static int open_log(const char *path, GError **error)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);

	if (fd < 0)
		g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY, "cannot write '%s': %s",
			    path, g_strerror(errno));
	return fd;
}

static bool start(const struct child *child, GPid *pid, GError **error)
{
	g_auto(GStrv) env = environment(child->root);
	g_autoptr(GError) cause = NULL;
	int log = open_log(child->log, error);
	bool ok;

	if (log < 0)
		return false;
	ok = g_spawn_async_with_fds(child->dir, (char **)child->argv, env,
				    G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, leave_terminal,
				    GINT_TO_POINTER(getpid()), pid, -1, log, log, &cause);
	close(log);
	if (!ok)
		g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY, "cannot start '%s': %s",
			    child->argv[0], cause->message);
	return ok;
}

bool child_run(const struct child *child, int *status, GError **error)
{
	struct ending ending = {0};
	enum loop_end end;

	if (!start(child, &ending.pid, error))
		return false;
	g_child_watch_add(ending.pid, on_end, &ending);
	end = loop_until(has_ended, &ending, loop_deadline(child->seconds));
	if (end != LOOP_DONE) {
		end_session(&ending);
		loop_explain(end, child->what, error);
		return false;
	}
	*status = ending.status;
	return true;
}

static void complain(char **argv, const char *dir, const char *said, GError **error)
{
	g_autofree char *words = g_strjoinv(" ", argv + 1);
	g_autofree char *line = g_strdelimit(g_strchomp(g_strdup(said ? said : "")), "\n", ';');

	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "git %s, in '%s': %s", words, dir,
		    *line ? line : "it fails and says nothing");
}

char *child_git(const char *dir, GError **error, ...)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	g_auto(GStrv) env = environment(NULL);
	g_autoptr(GError) cause = NULL;
	g_autofree char *against = NULL;
	char *out = NULL, *word;
	int status = 0;
	va_list list;

	g_ptr_array_add(words, "git");
	/* Even git status would write into the user's index. */
	g_ptr_array_add(words, "--no-optional-locks");
	va_start(list, error);
	while ((word = va_arg(list, char *)))
		g_ptr_array_add(words, word);
	va_end(list);
	g_ptr_array_add(words, NULL);
	if (!g_spawn_sync(dir, (char **)words->pdata, env, G_SPAWN_SEARCH_PATH, leave_terminal,
			  GINT_TO_POINTER(getpid()), &out, &against, &status, &cause)) {
		g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY, "cannot start git: %s",
			    cause->message);
		return NULL;
	}
	if (status == 0)
		return g_strchomp(out);
	complain((char **)words->pdata, dir, *against ? against : out, error);
	g_free(out);
	return NULL;
}
