/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel's description of itself: how its structures are laid out, by DWARF
 * or else by BTF, and where its variables are.
 */
#ifndef KC_KERNEL_TYPES_H
#define KC_KERNEL_TYPES_H

#include <glib.h>
#include <stdbool.h>

struct kernel_types;

/*
 * A vmlinux or module. Of its DWARF only the compilation units whose source
 * files are @sources (ends of their paths, NULL-terminated) are looked at;
 * BTF is taken where there are no such. NULL with @why, which the caller
 * frees, if the file cannot be read or has neither.
 */
struct kernel_types *kernel_types_open(const char *path, const char *const *sources, char **why);

/*
 * BTF alone, as a kernel has it in /sys/kernel/btf: of vmlinux, and of a
 * @module of it or NULL. NULL with @why as above.
 */
struct kernel_types *kernel_types_open_btf(const char *vmlinux, const char *module, char **why);

void kernel_types_free(struct kernel_types *types);

/* Any symbol's address. */
bool kernel_types_symbol(const struct kernel_types *types, const char *name, guint64 *address);

struct kernel_field {
	unsigned offset, size; /* bytes */
};

/*
 * @path such as "split.vring.num": anonymous members need no name. "one|other"
 * is whichever there is: kernels rename. A bit field is no field.
 */
bool kernel_types_field(const struct kernel_types *types, const char *structure, const char *path,
			struct kernel_field *field);

/* Bytes of a structure; 0 where there is none. */
unsigned kernel_types_size(const struct kernel_types *types, const char *structure);

/* The notes, which hold the build id, as they are in the kernel's memory. NULL if none. */
GBytes *kernel_types_notes(const struct kernel_types *types, guint64 *address);

#endif
