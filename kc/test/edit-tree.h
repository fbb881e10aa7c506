/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files and folders of the source trees that the lab's kernel and QEMU were built of, and
 * building what an edit of them needs. The trees are only read.
 */
#ifndef KC_TEST_EDIT_TREE_H
#define KC_TEST_EDIT_TREE_H

#include "lab/lab.h"

enum edit_tree { EDIT_LINUX, EDIT_QEMU, EDIT_TREES };

/* What a user named. */
struct edit_place {
	enum edit_tree tree;
	char *path; /* without links above the file */
	const char *inside; /* the same as its tree names it; "" for the tree */
	bool folder;
};

/*
 * Of @word, where that is a path in one of the lab's trees; NULL with no @error where it is
 * something else, such as the name of a device. Fails with STATUS_MISUSE for a tree that the
 * lab was not built of, and for a file that nothing is built of. Caller frees.
 */
struct edit_place *edit_place_find(const struct lab *lab, const char *word, GError **error);
void edit_place_free(struct edit_place *place);

/* The file at @path, inside @place, as the tree names it; NULL: nothing is built of such. */
const char *edit_place_source(const struct edit_place *place, const char *path);

/* Appends to @paths, of char *, the sources in the folder @place that were saved since it was built. */
void edit_place_add_newer(const struct lab *lab, const struct edit_place *place, GPtrArray *paths);

/* Is anything built of the file @inside? Fails with STATUS_MISUSE and the reason. */
bool edit_tree_uses(const struct lab *lab, enum edit_tree tree, const char *inside, GError **error);

/* What came of one build. */
struct edit_built {
	GPtrArray
		*modules; /* files of the lab's, as char *: those that the guest has to be given */
	bool machine; /* the kernel or QEMU is another, so a machine has to boot */
	bool drivers; /* and one whose root is a disk, as what inserts its drivers is */
};

void edit_built_clear(struct edit_built *built);

/*
 * Builds what @files, of char *, names inside a tree, need, says on stdout what that was and
 * how long it took, and adds it to @built. Fails with STATUS_BUILD_FAILED; what was built before is
 * still there then. Blocks, and starts no thread.
 */
bool edit_tree_build(const struct lab *lab, enum edit_tree tree, const GPtrArray *files,
		     struct edit_built *built, GError **error);

/*
 * Which builds of kernel, root and QEMU a machine would start from, and with a @disk as root of
 * the drivers before it. Caller frees.
 */
char *edit_machine(const struct lab *lab, bool disk);

/* Adds those modules that were built since the root file system was made. */
void edit_tree_add_modules(const struct lab *lab, struct edit_built *built);

#endif
