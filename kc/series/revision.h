/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel or a QEMU from a tree of the user's: as it stands, or as a commit of it was. */
#ifndef KC_SERIES_REVISION_H
#define KC_SERIES_REVISION_H

#include "series/tree.h"

/* "DIR@COMMIT", where DIR is a folder; false: the word is no such thing. Caller frees both. */
bool revision_parse(const char *word, char **folder, char **commit);

/*
 * Builds @folder, or with @commit (not NULL) that commit of it. *parts is the folder of what comes of it,
 * NULL: it does not build. False with @error where that is not known. Caller frees.
 */
bool revision_build(const struct lab *lab, enum tree_kind kind, const char *folder,
		    const char *commit, const char *log, char **parts, GError **error);

#endif
