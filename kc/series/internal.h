/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this room that make sides ready share. */
#ifndef KC_SERIES_INTERNAL_H
#define KC_SERIES_INTERNAL_H

#include "series/revision.h"
#include "series/side.h"

struct side *side_new(const char *word);

/* Takes @why. */
void side_cannot(struct side *side, enum outcome_kind kind, char *why);

/* Builds a tree, or a commit of one, into its parts; false with @error. */
bool side_build(struct side *side, const struct lab *lab, enum tree_kind kind, const char *folder,
		const char *commit, const char *logs, GError **error);

/* Is @folder, if it is one, of that kind? */
bool side_is_tree(const char *folder, enum tree_kind kind);

#endif
