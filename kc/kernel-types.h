/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel's file with DWARF: where its variables are, and how its structures are laid out. */
#ifndef KC_KERNEL_TYPES_H
#define KC_KERNEL_TYPES_H

#include <glib.h>
#include <stdbool.h>

struct kernel_types;

/*
 * Only the compilation units whose source files are @sources (ends of their
 * paths, NULL-terminated) are looked at. NULL with @why, which the caller
 * frees, if the file cannot be read or has no DWARF.
 */
struct kernel_types *kernel_types_open(const char *path, const char *const *sources, char **why);
void kernel_types_free(struct kernel_types *types);

/* Any symbol's address. */
bool kernel_types_symbol(const struct kernel_types *types, const char *name, guint64 *address);

struct kernel_field {
	unsigned offset, size; /* bytes */
};

/* @path such as "split.vring.num": anonymous members need no name. */
bool kernel_types_field(const struct kernel_types *types, const char *structure, const char *path,
			struct kernel_field *field);

/* Bytes of a structure; 0 where there is none. */
unsigned kernel_types_size(const struct kernel_types *types, const char *structure);

/* The notes, which hold the build id, as they are in the kernel's memory. NULL if none. */
GBytes *kernel_types_notes(const struct kernel_types *types, guint64 *address);

#endif
