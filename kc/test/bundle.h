/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is kept of a failure: a folder of its own, NAME-TIME-PID, in which each
 * file is whole. Only the newest folders stay.
 */
#ifndef KC_TEST_BUNDLE_H
#define KC_TEST_BUNDLE_H

#include "lab/lab.h"

#include <glib.h>

#define BUNDLE_KEEP 20

struct bundle_file {
	const char *name; /* "console.txt"; no folder */
	const char *data; /* NULL: there is no such file */
	gssize len; /* bytes; -1: up to NUL */
};

struct bundle {
	char *path; /* the folder; NULL: not even that could be made */
	char *trouble; /* one line: what could not be written and why; NULL: all is there */
};

/*
 * Writes a bundle under @folder, which is made where needed. @name is any
 * text; what would be odd in a file name is replaced. The files are written in
 * order, so that what matters most comes first: a disk may be full. Trouble is
 * told and is no verdict. Then removes all but the newest BUNDLE_KEEP folders,
 * never one that is younger than an hour. Free with bundle_clear().
 */
void bundle_write(struct bundle *bundle, const char *folder, const char *name,
		  const struct bundle_file *files, size_t count);
void bundle_clear(struct bundle *bundle);

/* build/failures of the lab. Caller frees. */
char *bundle_folder(const struct lab *lab);

/* For versions.txt: kernel, QEMU, the project's commit, the host. Caller frees. */
char *bundle_versions(const struct lab *lab);

#endif
