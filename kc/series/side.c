/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/status.h"
#include "series/internal.h"
#include "series/said.h"

struct side *side_new(const char *word)
{
	struct side *side = g_new0(struct side, 1);

	side->word = g_strdup(word);
	return side;
}

void side_free(struct side *side)
{
	g_free(side->word);
	g_free(side->version);
	g_free(side->identity);
	g_free(side->parts);
	g_free(side->image);
	g_free(side->modules);
	g_free(side->failed);
	g_strfreev(side->devices);
	g_free(side->why);
	g_free(side);
}

void side_cannot(struct side *side, enum outcome_kind kind, char *why)
{
	side->kind = kind;
	g_free(side->why);
	side->why = why;
}

bool side_is_tree(const char *folder, enum tree_kind kind)
{
	g_autofree char *known = g_build_filename(
		folder, kind == TREE_LINUX ? "init/Kconfig" : "hw/virtio/virtio.c", NULL);

	return g_file_test(known, G_FILE_TEST_EXISTS);
}

bool side_build(struct side *side, const struct lab *lab, enum tree_kind kind, const char *folder,
		const char *commit, const char *logs, GError **error)
{
	g_autofree char *log = g_build_filename(logs, "build.log", NULL);
	g_autoptr(GError) cause = NULL;

	if (revision_build(lab, kind, folder, commit, log, &side->parts, &cause)) {
		if (!side->parts)
			side_cannot(side, OUTCOME_NOT_BUILT, said_by_build(log));
		return true;
	}
	/* A commit that is not there is this side's alone. */
	if (g_error_matches(cause, STATUS_ERROR, STATUS_MISUSE)) {
		side_cannot(side, OUTCOME_UNKNOWN, g_strdup(cause->message));
		return true;
	}
	g_propagate_error(error, g_steal_pointer(&cause));
	return false;
}
