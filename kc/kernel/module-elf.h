/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a module's ELF file says of it. */
#ifndef KC_KERNEL_MODULE_ELF_H
#define KC_KERNEL_MODULE_ELF_H

#include <glib.h>

/* The kernel's name of the module in @path; NULL with @why. Caller frees either. */
char *module_elf_name(const char *path, char **why);

/* What its .modinfo has for "depends" or another key; NULL with @why. Caller frees either. */
char *module_elf_info(const char *path, const char *key, char **why);

/*
 * The note that tells one build of it from another, as the kernel has it in
 * /sys/module/NAME/notes; NULL: there is none. Caller frees.
 */
#define MODULE_BUILD_NOTE ".note.gnu.build-id"
GBytes *module_elf_build(const char *path);

#endif
