/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which splats are known and let pass, each with its reason. An entry is one
 * line, "PATTERN | REASON". PATTERN is a glob ('*', '?') of a whole title such
 * as "WARNING: * at drivers/x.c:12 x_probe+*", or of a WARN's whole message.
 */
#ifndef KC_KERNEL_ALLOW_H
#define KC_KERNEL_ALLOW_H

#include <glib.h>
#include <stdbool.h>

struct allow_list;

struct allow_list *allow_list_new(void);
void allow_list_free(struct allow_list *list);

/*
 * Adds one entry. @where names its place for the error: "tests.conf:12".
 * Fails with STATUS_MISUSE for one without a reason, or that allows anything.
 */
bool allow_list_add(struct allow_list *list, const char *entry, const char *where, GError **error);

/* Adds a file's entries; empty lines and such that open with '#' are none. */
bool allow_list_load(struct allow_list *list, const char *path, GError **error);

/* The reason of the first entry that fits, the list's own; NULL if none does. */
const char *allow_list_reason(const struct allow_list *list, const char *title,
			      const char *message);

#endif
