/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An initramfs in the making: Linux Documentation/driver-api/early-userspace/buffer-format.rst */
#ifndef KC_BASE_CPIO_H
#define KC_BASE_CPIO_H

#include <glib.h>

/* Appends a folder, or a file with these contents, to @archive. @name has no leading '/'. */
void cpio_add_folder(GByteArray *archive, const char *name);
void cpio_add_file(GByteArray *archive, const char *name, unsigned mode, const void *data,
		   gsize len);

void cpio_end(GByteArray *archive);

/* Zeros, up to where another archive may begin. */
void cpio_align(GByteArray *archive);

#endif
