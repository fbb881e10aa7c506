/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "series/revision.h"
#include "base/status.h"
#include "series/build.h"

#include <string.h>

bool revision_parse(const char *word, char **folder, char **commit)
{
	const char *at = strrchr(word, '@');
	g_autofree char *before = at && at[1] ? g_strndup(word, at - word) : NULL;

	if (!before || !g_file_test(before, G_FILE_TEST_IS_DIR))
		return false;
	*folder = g_steal_pointer(&before);
	*commit = g_strdup(at + 1);
	return true;
}

static bool build_commit(struct tree *tree, const char *word, const char *log, char **parts,
			 GError **error)
{
	g_autofree char *commit = tree_commit(tree, word, error);
	g_autofree char *inputs = commit ? build_inputs(tree, error) : NULL;
	g_autofree char *kept = inputs ? build_kept(tree, commit, inputs, error) : NULL;
	bool built = true;

	if (!kept)
		return false;
	if (!g_file_test(kept, G_FILE_TEST_IS_DIR) &&
	    (!tree_checkout(tree, commit, error) ||
	     !build_checkout(tree, kept, NULL, log, &built, error)))
		return false;
	*parts = built ? g_steal_pointer(&kept) : NULL;
	return true;
}

bool revision_build(const struct lab *lab, enum tree_kind kind, const char *folder,
		    const char *commit, const char *log, char **parts, GError **error)
{
	struct tree *tree;
	bool ok;

	*parts = NULL;
	if (!commit)
		return build_tree(lab, kind, folder, log, parts, error);
	tree = tree_open(lab, kind, folder, error);
	ok = tree && build_commit(tree, commit, log, parts, error);
	tree_close(tree);
	return ok;
}
