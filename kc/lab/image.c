/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/image.h"
#include "base/status.h"
#include "lab/image-head.h"

#include <string.h>

#define SECTOR_BYTES 512

static bool refuse(const char *path, const char *wanted, const char *found, const char *next,
		   GError **error)
{
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "'%s' is not %s: %s%s%s", path, wanted,
		    found, next ? "; " : "", next ? next : "");
	return false;
}

static char *it_is(const char *what)
{
	return what ? g_strconcat("it is ", what, NULL)
		    : g_strdup("its first bytes match no format that kc knows");
}

bool image_is_kernel(const char *path, GError **error)
{
	static const char wanted[] = "a kernel that QEMU can start";
	struct image_head head, inside;
	g_autofree char *what = NULL, *found = NULL;
	enum image_use use;

	if (!image_head_read(path, &head, error))
		return false;
	what = image_describe(path, &head, &use);
	if (use == IMAGE_KERNEL) {
		found = image_kernel_fault(path, &head);
		return !found || refuse(path, wanted, found, NULL, error);
	}
	found = it_is(what);
	if (image_head_unpack(path, &inside) > 0) {
		g_autofree char *kernel = image_head_describe(&inside, &use);

		if (kernel && use == IMAGE_KERNEL)
			return refuse(path, wanted, found, "unpack it first", error);
	}
	return refuse(path, wanted, found, "give a bzImage or a vmlinux for x86-64", error);
}

bool image_is_initrd(const char *path, GError **error)
{
	g_autofree char *what = NULL, *found = NULL;
	struct image_head head;
	enum image_use use;

	if (!image_head_read(path, &head, error))
		return false;
	what = image_describe(path, &head, &use);
	if (use == IMAGE_INITRD)
		return true;
	found = it_is(what);
	return refuse(path, "an initramfs", found, "give a cpio archive, plain or packed", error);
}

/* What kc does not know may be a file system that the guest's kernel does. */
static bool may_be_disk(const struct image_head *head, const char *what, enum image_use use)
{
	return (use == IMAGE_DISK || !what) && head->len == IMAGE_HEAD_BYTES &&
	       head->size % SECTOR_BYTES == 0;
}

bool image_root_kind(const char *path, enum image_root *kind, GError **error)
{
	static const char wanted[] = "a root file system";
	static const char next[] = "give a cpio archive, plain or packed, or a disk image, raw (of "
				   "whole 512-byte sectors) or qcow2";
	g_autofree char *what = NULL, *found = NULL;
	struct image_head head;
	enum image_use use;

	if (!image_head_read(path, &head, error))
		return false;
	what = image_describe(path, &head, &use);
	if (use == IMAGE_QCOW2)
		found = image_qcow2_fault(path);
	if (found)
		return refuse(path, wanted, found, "copy it again", error);
	if (use != IMAGE_INITRD && use != IMAGE_QCOW2 && !may_be_disk(&head, what, use)) {
		found = it_is(what);
		return refuse(path, wanted, found, next, error);
	}
	*kind = use == IMAGE_INITRD ? ROOT_INITRD : use == IMAGE_QCOW2 ? ROOT_QCOW2 : ROOT_RAW;
	return true;
}
