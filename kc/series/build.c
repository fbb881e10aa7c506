/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "series/build.h"
#include "base/status.h"
#include "series/child.h"
#include "series/space.h"

#include <unistd.h>

#define BUILD_SECONDS (4 * 3600) /* a whole kernel on a slow host */
#define NAME_DIGITS 20

static const char *name_of(enum tree_kind kind)
{
	return kind == TREE_QEMU ? "qemu" : "linux";
}

static char *script_of(const struct lab *lab)
{
	return g_build_filename(lab->root, "scripts", "series-build.sh", NULL);
}

char *build_inputs(const struct tree *tree, GError **error)
{
	g_autofree char *script = script_of(tree->lab);
	const char *argv[] = {script, "inputs", name_of(tree->kind), NULL};
	char *said = NULL;
	int status = 0;

	if (tree->kind == TREE_PLAIN)
		return g_strdup("");
	if (g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &said, NULL,
			 &status, NULL) &&
	    status == 0)
		return g_strchomp(said);
	g_free(said);
	g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY, "'%s' fails", script);
	return NULL;
}

char *build_kept(const struct tree *tree, const char *commit, const char *inputs, GError **error)
{
	g_autofree char *wanted = g_strconcat(commit, "^{tree}", NULL);
	g_autofree char *files = child_git(tree->user, error, "rev-parse", wanted, NULL);
	g_autofree char *both = NULL, *sum = NULL, *name = NULL;

	if (!files)
		return NULL;
	both = g_strjoin(" ", name_of(tree->kind), files, inputs, NULL);
	sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, both, -1);
	name = g_strdup_printf("%s-%.*s", name_of(tree->kind), NAME_DIGITS, sum);
	return g_build_filename(tree->lab->root, "build", "series", "kept", name, NULL);
}

/* A failure is one of what is built, unless the disk is full that has @folder. */
static bool run(const char *const *argv, const char *dir, const char *folder, const char *log,
		int *status, GError **error)
{
	const struct child child = {
		.argv = argv,
		.dir = dir,
		.log = log,
		.seconds = BUILD_SECONDS,
		.what = "it was built",
	};

	unlink(log);
	return child_run(&child, status, error) &&
	       (*status == 0 || !space_ran_out(folder, log, "", error));
}

static bool build_plain(struct tree *tree, const char *command, const char *log, bool *built,
			GError **error)
{
	const char *const argv[] = {"sh", "-c", command, NULL};
	int status = 0;

	if (command && !run(argv, tree->path, tree->path, log, &status, error))
		return false;
	*built = status == 0;
	return true;
}

bool build_checkout(struct tree *tree, const char *kept, const char *command, const char *log,
		    bool *built, GError **error)
{
	g_autofree char *script = script_of(tree->lab);
	const char *const argv[] = {script, "build", name_of(tree->kind), tree->path, tree->shop,
				    kept,   NULL};
	int status;

	if (tree->kind == TREE_PLAIN)
		return build_plain(tree, command, log, built, error);
	if (!run(argv, NULL, tree->shop, log, &status, error))
		return false;
	*built = status == 0;
	return !*built || tree_built(tree, error);
}

bool build_tree(const struct lab *lab, enum tree_kind kind, const char *folder, const char *log,
		char **parts, GError **error)
{
	g_autofree char *tree = g_canonicalize_filename(folder, NULL);
	g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, tree, -1);
	g_autofree char *name = g_strdup_printf("tree-%.8s", sum);
	g_autofree char *where = g_build_filename(lab->root, "build", NULL);
	g_autofree char *shop = g_build_filename(where, "series", name, NULL);
	g_autofree char *script = script_of(lab);
	const char *const argv[] = {script, "tree", name_of(kind), tree, shop, NULL};
	int status;

	if (!run(argv, NULL, where, log, &status, error))
		return false;
	*parts = status == 0 ? g_build_filename(shop, "lab", NULL) : NULL;
	return true;
}
