/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a file that the user names really is, told by what is in it: better
 * before a machine is started than by what that says. All fail with
 * STATUS_MISUSE, and say what was found.
 */
#ifndef KC_LAB_IMAGE_H
#define KC_LAB_IMAGE_H

#include <glib.h>
#include <stdbool.h>

enum image_root { ROOT_INITRD, ROOT_RAW, ROOT_QCOW2 };

/* A kernel that QEMU can enter: a bzImage, or an x86-64 vmlinux with PVH's note. */
bool image_is_kernel(const char *path, GError **error);

/* An initramfs, plain or packed. */
bool image_is_initrd(const char *path, GError **error);

bool image_root_kind(const char *path, enum image_root *kind, GError **error);

#endif
