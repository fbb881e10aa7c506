/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a kernel's file, a bzImage or a vmlinux, tells of the kernel in it. */
#ifndef KC_KERNEL_KERNEL_IMAGE_H
#define KC_KERNEL_KERNEL_IMAGE_H

#include <glib.h>

/* "6.12.94-1"; NULL: it does not say. Caller frees. */
char *kernel_image_release(const char *path);

/* The configuration that CONFIG_IKCONFIG puts into it; NULL: there is none. Caller frees. */
char *kernel_image_config(const char *path);

#endif
