/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a commit is built to, and the builds that are kept: one for each state of tree and lab. */
#ifndef KC_SERIES_BUILD_H
#define KC_SERIES_BUILD_H

#include "series/tree.h"

/* One word for all of the lab that goes into a build; NULL with @error. Caller frees. */
char *build_inputs(const struct tree *tree, GError **error);

/* The folder that is, or will be, kept of @commit with @inputs. NULL with @error. Caller frees. */
char *build_kept(const struct tree *tree, const char *commit, const char *inputs, GError **error);

/*
 * Builds what is checked out into @kept, or for TREE_PLAIN by @command (or NULL) in the checkout.
 * *built: whether it does build. All that was said goes to @log. False with @error where that
 * is not known: a signal, or no space on the disk.
 */
bool build_checkout(struct tree *tree, const char *kept, const char *command, const char *log,
		    bool *built, GError **error);

/*
 * Builds the user's tree @folder as it stands. *parts is the folder of what comes of it, NULL: it does
 * not build. Otherwise as build_checkout(). Caller frees.
 */
bool build_tree(const struct lab *lab, enum tree_kind kind, const char *folder, const char *log,
		char **parts, GError **error);

#endif
