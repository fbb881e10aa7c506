/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Patches for a tree, made in a repository that has no more than the files they touch. */
#ifndef KC_DEVICE_EXPORT_SERIES_H
#define KC_DEVICE_EXPORT_SERIES_H

#include <glib.h>
#include <stdbool.h>

struct series;

/*
 * Copies @files (ends with NULL) of @tree into @scratch, which must be empty. @tree is only
 * read. Fails with STATUS_MISUSE where it is not @what's, or has changes that are
 * in no commit.
 */
struct series *series_new(const char *what, const char *tree, const char *const *files,
			  const char *scratch, GError **error);
void series_free(struct series *series);

/* Who its commits are by, "NAME <ADDRESS>"; borrowed. */
void series_set_author(struct series *series, const char *author, bool signoff);

/* Has the tree (not the copy) this file or folder? */
bool series_tree_has(const struct series *series, const char *path);

/* The text of one of the files, as changed so far. Caller frees. */
char *series_read(const struct series *series, const char *path, GError **error);

/* A new file, or a file's new text. */
bool series_write(const struct series *series, const char *path, const char *text, GError **error);

/*
 * Replaces the first match of @pattern (multi-line, "." is any character) in
 * @path; fails with STATUS_MISUSE where there is none: the tree is of a version
 * that this was not made for.
 */
bool series_edit(const struct series *series, const char *path, const char *pattern,
		 const char *replacement, GError **error);

/* All that was written since the last one becomes a patch. */
bool series_commit(const struct series *series, const char *subject, const char *body,
		   GError **error);

/* As 0001-....patch and so on in the new folder @out. */
bool series_save(const struct series *series, const char *out, GError **error);

#endif
