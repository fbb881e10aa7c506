/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each of the two formats that describe types does for types.c. */
#ifndef KC_KERNEL_TYPES_SOURCE_H
#define KC_KERNEL_TYPES_SOURCE_H

#include <elfutils/libdw.h>
#include <glib.h>
#include <stdbool.h>

#define TYPES_DEPTH_MAX 8 /* of typedefs and of anonymous members */

/* A type, as its format names it. */
union types_ref {
	Dwarf_Die die;
	guint32 id;
};

struct types_source {
	void (*free)(void *source);
	bool (*structure)(const void *source, const char *name, union types_ref *found);
	/* Adds the member's place to @offset, in bytes, and sets its own type. */
	bool (*member)(const void *source, const union types_ref *structure, const char *name,
		       unsigned *offset, union types_ref *type);
	bool (*size)(const void *source, const union types_ref *type, unsigned *bytes);
};

extern const struct types_source types_by_dwarf, types_by_btf;

/* NULL: there is no DWARF of any of @sources. */
void *types_dwarf_new(Elf *elf, const char *const *sources);

/* @module may be NULL; NULL with @why, which the caller frees. */
void *types_btf_new(const char *vmlinux, const char *module, char **why);

#endif
