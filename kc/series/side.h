/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel or a QEMU of a matrix, made ready: found, fetched or built, or why it cannot be. */
#ifndef KC_SERIES_SIDE_H
#define KC_SERIES_SIDE_H

#include "lab/lab.h"
#include "series/outcome.h"

struct side {
	char *word; /* as the user named it */
	char *version; /* "6.12.94", "10.0.13"; or NULL */
	char *identity; /* other for each other build */
	char *parts; /* a folder of parts that replace the lab's; NULL: the lab's it is */
	char *image; /* a kernel that others built; or NULL */
	char *modules; /* the folder of its modules; or NULL: where they are is known */
	char *failed; /* a folder with a log for each of our modules that does not build; or NULL */
	char **devices; /* of a QEMU: what it has; NULL: it does not say */
	bool no_headers; /* our modules cannot be built for it */
	bool debug; /* the lab's debug kernel */
	enum outcome_kind kind; /* OUTCOME_PASS: it can be used */
	char *why; /* where it cannot */
};

void side_free(struct side *side);

/*
 * @folder is for its logs and parts. "lab", "debug", "debian:VERSION", a tree, TREE@COMMIT, an image,
 * IMAGE:MODULES. NULL with @error where a signal ended it, or no space is left.
 */
struct side *side_kernel(const struct lab *lab, const char *word, const char *folder,
			 GError **error);

/* "lab", "host", a tree, TREE@COMMIT, a program. */
struct side *side_qemu(const struct lab *lab, const char *word, const char *folder, GError **error);

#endif
