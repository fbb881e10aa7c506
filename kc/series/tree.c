/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "series/tree.h"
#include "base/loop.h"
#include "base/status.h"
#include "series/child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define CHECKOUT_SECONDS 900 /* a hundred thousand files on a slow disk */
#define NAME_DIGITS 8

static const struct {
	const char *name, *what, *file;
} kinds[] = {
	[TREE_PLAIN] = {"plain", NULL, NULL},
	[TREE_LINUX] = {"linux", "Linux source tree", "init/Kconfig"},
	[TREE_QEMU] = {"qemu", "QEMU source tree", "hw/virtio/virtio.c"},
};

/* Of each repository one, wherever it is called from */
static char *shop_of(const struct lab *lab, enum tree_kind kind, const char *user)
{
	g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, user, -1);
	g_autofree char *name = g_strdup_printf("%s-%.*s", kinds[kind].name, NAME_DIGITS, sum);

	return g_build_filename(lab->root, "build", "series", name, NULL);
}

static bool run_script(const struct tree *tree, const char *verb, const char *commit,
		       GError **error)
{
	g_autofree char *script = g_build_filename(tree->lab->root, "scripts", "series-tree.sh",
						   NULL);
	const char *argv[] = {script, verb, tree->user, tree->shop, commit, NULL};
	const struct child child = {
		.argv = argv,
		.log = tree->log,
		.seconds = CHECKOUT_SECONDS,
		.what = "the commit was checked out",
	};
	g_autofree char *said = NULL;
	int status = 0;

	unlink(tree->log);
	if (!child_run(&child, &status, error))
		return false;
	if (status == 0)
		return true;
	g_file_get_contents(tree->log, &said, NULL, NULL);
	g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY,
		    "'%s' cannot be checked out to '%s': %s", tree->user, tree->path,
		    said && *g_strchomp(said) ? said : "git says nothing of why");
	return false;
}

/* What is edited and not committed would be looked for in vain. */
static void tell_dirty(const struct tree *tree)
{
	g_autofree char *said = child_git(tree->user, NULL, "status", "--porcelain",
					  "--untracked-files=no", NULL);
	g_auto(GStrv) lines = g_strsplit(said ? said : "", "\n", -1);
	guint count = said && *said ? g_strv_length(lines) : 0;

	if (count)
		fprintf(stderr,
			"kc: '%s' has changes in %u file%s that are not committed: no commit has "
			"them, so none is tested with them, and they stay as they are\n",
			tree->user, count, count == 1 ? "" : "s");
}

static char *find_top(enum tree_kind kind, const char *folder, GError **error)
{
	g_autofree char *top = NULL, *known = NULL;

	if (!g_file_test(folder, G_FILE_TEST_IS_DIR)) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "there is no folder '%s'", folder);
		return NULL;
	}
	top = child_git(folder, error, "rev-parse", "--show-toplevel", NULL);
	if (!top)
		return NULL;
	known = kinds[kind].file ? g_build_filename(top, kinds[kind].file, NULL) : NULL;
	if (!known || g_file_test(known, G_FILE_TEST_EXISTS))
		return g_steal_pointer(&top);
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "'%s' is not a %s: it has no %s; give the top folder of a clone", top,
		    kinds[kind].what, kinds[kind].file);
	return NULL;
}

static bool lock(struct tree *tree, GError **error)
{
	g_autofree char *file = g_build_filename(tree->shop, ".lock", NULL);

	if (g_mkdir_with_parents(tree->shop, 0777) == 0)
		tree->lock = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (tree->lock < 0)
		g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY, "cannot make '%s': %s",
			    file, g_strerror(errno));
	else if (flock(tree->lock, LOCK_EX | LOCK_NB) < 0)
		g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY,
			    "another kc is at work on commits of '%s'; wait for its end",
			    tree->user);
	else
		return true;
	return false;
}

static void tree_free(struct tree *tree)
{
	if (tree->lock >= 0)
		close(tree->lock);
	g_free(tree->user);
	g_free(tree->shop);
	g_free(tree->path);
	g_free(tree->log);
	g_free(tree->at);
	g_free(tree);
}

struct tree *tree_open(const struct lab *lab, enum tree_kind kind, const char *folder,
		       GError **error)
{
	char *user = find_top(kind, folder, error);
	struct tree *tree;

	if (!user)
		return NULL;
	tree = g_new0(struct tree, 1);
	*tree = (struct tree){.lab = lab, .kind = kind, .user = user, .lock = -1};
	tree->shop = shop_of(lab, kind, user);
	tree->path = g_build_filename(tree->shop, "tree", NULL);
	tree->log = g_build_filename(tree->shop, "checkout.log", NULL);
	if (lock(tree, error) && run_script(tree, "open", NULL, error)) {
		tell_dirty(tree);
		return tree;
	}
	tree_free(tree);
	return NULL;
}

/* Ctrl-C on a terminal goes to all that have not left it. */
static void leave_terminal(void *data)
{
	(void)data;
	setsid();
}

/* What has been interrupted has been answered: to tidy up may take its time. */
void tree_close(struct tree *tree)
{
	g_autofree char *script = NULL;
	g_autoptr(GError) cause = NULL;
	char *argv[] = {NULL, "close", NULL, NULL, NULL};

	if (!tree)
		return;
	loop_signal_answered();
	loop_hold_signals();
	argv[0] = script = g_build_filename(tree->lab->root, "scripts", "series-tree.sh", NULL);
	argv[2] = tree->user;
	argv[3] = tree->shop;
	if (!g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, leave_terminal, NULL, NULL, NULL, NULL,
			  &cause))
		fprintf(stderr, "kc: '%s' is not removed: %s\n", tree->path, cause->message);
	loop_release_signals();
	tree_free(tree);
}

char *tree_commit(const struct tree *tree, const char *word, GError **error)
{
	g_autofree char *wanted = g_strconcat(word, "^{commit}", NULL);
	char *commit = child_git(tree->user, NULL, "rev-parse", "--verify", "--quiet",
				 "--end-of-options", wanted, NULL);

	if (!commit)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "'%s' has no commit '%s'",
			    tree->user, word);
	return commit;
}

bool tree_checkout(struct tree *tree, const char *commit, GError **error)
{
	if (g_strcmp0(tree->at, commit) == 0)
		return true;
	g_clear_pointer(&tree->at, g_free);
	if (!run_script(tree, "checkout", commit, error))
		return false;
	tree->at = g_strdup(commit);
	return true;
}

bool tree_built(struct tree *tree, GError **error)
{
	return run_script(tree, "built", tree->at, error);
}

char *tree_describe(const struct tree *tree, const char *commit)
{
	char *said = child_git(tree->user, NULL, "log", "-1", "--format=%h %s", "--abbrev=12",
			       commit, NULL);

	return said ? said : g_strdup(commit);
}
