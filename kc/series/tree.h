/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commits of a user's repository, and a checkout of them that is ours: under build/series,
 * beside what was built of it. The user's repository is only read.
 */
#ifndef KC_SERIES_TREE_H
#define KC_SERIES_TREE_H

#include "lab/lab.h"

enum tree_kind {
	TREE_PLAIN, /* of anything: its own command builds it, if it is to be built */
	TREE_LINUX,
	TREE_QEMU,
};

struct tree {
	const struct lab *lab;
	enum tree_kind kind;
	char *user; /* the repository's top folder */
	char *shop; /* the folder for it under build/series */
	char *path; /* the checkout in it */
	char *log; /* of the checkout, in it */
	char *at; /* the commit that is checked out; or NULL */
	int lock;
};

/* Says on stderr what of the user's tree is in no commit. NULL with @error. */
struct tree *tree_open(const struct lab *lab, enum tree_kind kind, const char *folder,
		       GError **error);

/* The checkout is removed; what was built of it stays. */
void tree_close(struct tree *tree);

/* Of a user's word; NULL with STATUS_MISUSE. Caller frees. */
char *tree_commit(const struct tree *tree, const char *word, GError **error);

bool tree_checkout(struct tree *tree, const char *commit, GError **error);

/* The objects are all of what is checked out. */
bool tree_built(struct tree *tree, GError **error);

/* "abcdef123456 subject". Caller frees. */
char *tree_describe(const struct tree *tree, const char *commit);

#endif
