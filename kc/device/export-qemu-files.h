/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sources of a device for QEMU, under the names that they have there. */
#ifndef KC_DEVICE_EXPORT_QEMU_FILES_H
#define KC_DEVICE_EXPORT_QEMU_FILES_H

#include "device/export-upstream.h"

/* Where its documentation goes: a folder, and an index that names its page by @entry. */
struct qemu_documents {
	const char *folder, *index, *entry;
};

struct qemu_device {
	const struct export_plan *plan;
	struct series *series;
	const struct qemu_documents *documents;
	const char *name;
	char *upper;
	char *abi; /* where its header goes */
	GPtrArray *files; /* of the device's folder */
	/* By qemu_device_add_files(): */
	char *features; /* the lines of its table, or NULL */
	bool header; /* it has one in include/hw/virtio */
	GString *core, *pci; /* lines for hw/virtio/meson.build; a regex's replacement */
};

/* Of the tree: 1002 of 10.2; 0 where it does not tell */
unsigned qemu_device_release(const struct qemu_device *device);

/* The source set of hw/virtio/meson.build that devices are added to */
const char *qemu_device_core_set(const struct qemu_device *device);

/*
 * Writes them. Fails with STATUS_MISUSE where one calls what is in the lab's QEMU
 * alone.
 */
bool qemu_device_add_files(struct qemu_device *device, GError **error);

#endif
