/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a file that the user names really is, told by its first bytes. */
#ifndef KC_IMAGE_H
#define KC_IMAGE_H

#include <glib.h>
#include <stdbool.h>

enum image_root { ROOT_INITRD, ROOT_RAW, ROOT_QCOW2 };

/* A kernel that QEMU can enter: a bzImage, or an x86-64 vmlinux. */
bool image_is_kernel(const char *path, GError **error);

bool image_root_kind(const char *path, enum image_root *kind, GError **error);

#endif
