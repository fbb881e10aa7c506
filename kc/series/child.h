/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program of the host's that may take long: it ends with kc, and a signal to kc ends it. */
#ifndef KC_SERIES_CHILD_H
#define KC_SERIES_CHILD_H

#include <glib.h>
#include <stdbool.h>

struct child {
	const char *const *argv;
	const char *dir; /* NULL: the current one */
	const char *root; /* a lab for a kc that it is or calls, as KC_ROOT; NULL: ours */
	const char *log; /* all that it says goes behind what this file has */
	double seconds; /* at most */
	const char *what; /* what is awaited, for messages: "the kernel was built" */
};

/*
 * Runs it in a session of its own, in an environment in which git takes no other repository
 * than a folder's own. *status is its exit status, 128 + n for signal n. False with @error where it
 * could not start, or did not end by itself; nothing of it runs then.
 */
bool child_run(const struct child *child, int *status, GError **error);

/*
 * What git says with these arguments (NULL-terminated) in the folder @dir, without the last
 * line break. Caller frees. NULL with STATUS_MISUSE and what git said against it.
 */
char *child_git(const char *dir, GError **error, ...) G_GNUC_NULL_TERMINATED;

#endif
