/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first bytes of a file, and what they tell; of image*.c alone. */
#ifndef KC_LAB_IMAGE_HEAD_H
#define KC_LAB_IMAGE_HEAD_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#define IMAGE_HEAD_BYTES 2048

struct image_head {
	guint8 bytes[IMAGE_HEAD_BYTES];
	ssize_t len;
	gint64 size; /* the file's; of what is packed in it: -1 */
};

/* What a kind of file may stand for, where a user names one. */
enum image_use { IMAGE_NOTHING, IMAGE_KERNEL, IMAGE_INITRD, IMAGE_DISK, IMAGE_QCOW2 };

/* Fails with STATUS_MISUSE. */
bool image_head_read(const char *path, struct image_head *head, GError **error);

/* Of what is packed in it; returns its length, -1 where it is not packed or the tool is missing. */
ssize_t image_head_unpack(const char *path, struct image_head *head);

bool image_head_has(const struct image_head *head, size_t at, const void *magic, size_t len);

guint32 image_head_u32(const struct image_head *head, size_t at);

/* What it is, as "a qcow2 disk image", and what it could be used for. Caller frees. */
char *image_head_describe(const struct image_head *head, enum image_use *use);

/* The same, looking into what is packed: "a gzip of an initramfs (cpio)". */
char *image_describe(const char *path, const struct image_head *head, enum image_use *use);

/* Why QEMU cannot start it; NULL: it can. @head is of IMAGE_KERNEL. Caller frees. */
char *image_kernel_fault(const char *path, const struct image_head *head);

/* What is wrong with a qcow2 file; NULL: nothing. Caller frees. */
char *image_qcow2_fault(const char *path);

#endif
