/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The modules of a kernel: a folder as /lib/modules/RELEASE, or a tree in which they were
 * built. What each needs is read from the modules themselves, so that no depmod has to have
 * been there.
 */
#ifndef KC_KERNEL_MODULE_TREE_H
#define KC_KERNEL_MODULE_TREE_H

#include <glib.h>
#include <stdbool.h>

struct module_tree;

/*
 * Of the kernel of @release; NULL: of any. Fails with STATUS_MISUSE where @folder has no module.
 */
struct module_tree *module_tree_open(const char *folder, const char *release, GError **error);
void module_tree_free(struct module_tree *tree);

const char *module_tree_folder(const struct module_tree *tree);

/* The file of a module by the kernel's name of it; NULL: there is none. */
const char *module_tree_file(const struct module_tree *tree, const char *name);

/* Is it in the kernel itself? False, too, where the folder does not tell. */
bool module_tree_is_built_in(const struct module_tree *tree, const char *name);

/* The folder tells which are: what is neither there nor among the files is not in this kernel. */
bool module_tree_knows_built_in(const struct module_tree *tree);

/*
 * Appends to @files, of char *, the file of @name behind those of all that it needs and that
 * are not in @files yet. Fails with STATUS_MISUSE, for one of another kernel, too.
 */
bool module_tree_add(const struct module_tree *tree, const char *name, GPtrArray *files,
		     GError **error);

#endif
