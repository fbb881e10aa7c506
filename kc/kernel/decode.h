/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where in the source a kernel's stack trace is. Tokens "func+0xOFF/0xSIZE"
 * and "func+0xOFF/0xSIZE [module]" in any text get " (file.c:123)" behind
 * them, from the DWARF of the unstripped vmlinux and modules. The text itself
 * comes from the guest and may be anything.
 */
#ifndef KC_KERNEL_DECODE_H
#define KC_KERNEL_DECODE_H

#include <glib.h>
#include <stdbool.h>

struct decode;

/*
 * @vmlinux: with debugging information; or NULL. @modules: NULL-terminated
 * folders, searched in order and in depth for MODULE.ko or MODULE.ko.debug; or
 * NULL. @trees: source folders to which paths are made relative; or NULL.
 * Nothing is opened before it is needed, and nothing is an error here.
 */
struct decode *decode_new(const char *vmlinux, const char *const *modules,
			  const char *const *trees);

/*
 * The same for a lab's kernel: @lab is the folder that holds vmlinux.debug and
 * modules/; @root is the project, whose paths become relative, as those of the
 * kernel's sources do.
 */
struct decode *decode_new_for_lab(const char *lab, const char *root);

/* For a kernel of the user's: a vmlinux; of what is none the functions keep their offsets. */
struct decode *decode_new_for_kernel(const char *kernel, const char *root);

/*
 * Where the module @name is, whatever its file is called; that comes before any
 * folder. What FILE was stripped of may lie beside it as FILE.debug.
 */
void decode_add_module(struct decode *decode, const char *name, const char *path);

/* Reads it now, as its file will be gone later. */
void decode_open_module(struct decode *decode, const char *name);
void decode_free(struct decode *decode);

/*
 * The text with places added. A token of which nothing is known stays as it
 * is. @len may be -1. Caller frees.
 */
char *decode_text(struct decode *decode, const char *text, gssize len);

/*
 * The same of a text that a terminal may be the first to show: what cannot be
 * printed is quoted. @decode may be NULL. Caller frees.
 */
char *decode_printable(struct decode *decode, const char *text);

/*
 * An address in vmlinux as "func+0xOFF/0xSIZE (file.c:123)"; NULL if it is in
 * none of its functions. Caller frees.
 */
char *decode_address(struct decode *decode, guint64 address);

/*
 * What could not be decoded so far and why, a line each: "no debug file for
 * module 'x' in build/modules: its traces keep their offsets". NULL: all
 * could. Caller frees.
 */
char *decode_trouble(const struct decode *decode);

#endif
