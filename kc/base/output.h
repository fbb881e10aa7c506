/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file that a user asked for by an option, which each error names; "-" is stdout. */
#ifndef KC_BASE_OUTPUT_H
#define KC_BASE_OUTPUT_H

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

/* NULL is not. */
bool output_is_stdout(const char *file);

/*
 * Whether @file could be written, as far as can be told without touching it:
 * better now than after an hour's run. A disk may still be full then. NULL: not asked for.
 */
bool output_check(const char *option, const char *file, GError **error);

/* What @put writes becomes the file. Of stdout main() says in the end whether all went out. */
bool output_write(const char *option, const char *file, void (*put)(FILE *out, const void *data),
		  const void *data, GError **error);

#endif
