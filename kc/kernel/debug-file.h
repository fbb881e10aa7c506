/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One ELF file with DWARF, a vmlinux or a module: its functions and their places. */
#ifndef KC_KERNEL_DEBUG_FILE_H
#define KC_KERNEL_DEBUG_FILE_H

#include <glib.h>
#include <stdbool.h>

struct debug_file;

/* NULL with @why, which the caller frees, if it cannot be read or has no symbols. */
struct debug_file *debug_file_open(const char *path, char **why);
void debug_file_free(struct debug_file *file);

/*
 * The address of a function. Several may have the name; the kernel knows their
 * sizes up to the next symbol, by which the likeliest is chosen.
 */
bool debug_file_find(const struct debug_file *file, const char *name, guint64 size,
		     guint64 *address);

/* The function at @address; NULL if there is none. The file's own. */
const char *debug_file_function(const struct debug_file *file, guint64 address, guint64 *offset,
				guint64 *size);

/* It holds DWARF, if perhaps not for every function. */
bool debug_file_has_lines(struct debug_file *file);

/*
 * Where in the source @address is, as "/path/file.c:12"; where that is inlined,
 * from the innermost to the outermost. NULL-terminated; NULL if the file does
 * not tell. Caller frees with g_strfreev().
 */
char **debug_file_places(struct debug_file *file, guint64 address);

#endif
