/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The folders of devices: those of devices/, and those that their authors keep
 * elsewhere and named by --devices, KC_DEVICES or the file devices.local.
 */
#ifndef KC_DEVICE_FOLDER_H
#define KC_DEVICE_FOLDER_H

#include "base/options.h"
#include "lab/lab.h"

/* Links that make leaves to those that are kept elsewhere, in the project */
#define DEVICE_LINKS "build/outside"

#define DEVICE_ID_FIRST 50 /* 1 to 49 are the specification's */
#define DEVICE_ID_LAST 63 /* virtio-pci's ids end at 0x107f, that is 0x1040 + 63 */

/*
 * --devices DIR of a command: DIR is one of KC_DEVICES from now on, for this kc
 * and for the makes that it calls. The field is not used.
 */
/* clang-format off */
#define DEVICE_FOLDER_ROW                                                              \
	{"devices", 0, "DIR", "a folder of a device outside the project, or of several; may be " \
	 "repeated", device_folder_option, 0}
/* clang-format on */
bool device_folder_option(const char *value, void *field, GError **error);

struct device_folder {
	char *name; /* the folder's */
	char *path; /* absolute */
	char *type; /* "virtio-hello" of QEMU's "virtio-hello-pci", as its device.c has it */
	unsigned id; /* VIRTIO_ID_... of its abi.h; 0 where it has none */
};

/*
 * All of them, by name. Of struct device_folder; caller unrefs. NULL with
 * STATUS_MISUSE where two have one name or one id, or a folder that was named
 * is none. What make built last is among them, though it is not named again.
 */
GPtrArray *device_folders(const struct lab *lab, GError **error);

/*
 * Makes links in DEVICE_LINKS to those outside the project, as make does, so
 * that each is found by a path in it. Fails as device_folders() does.
 */
bool device_folders_link(const struct lab *lab, GError **error);

/* The one that is called @name, or NULL; borrowed from @folders. */
const struct device_folder *device_folder_find(const GPtrArray *folders, const char *name);

/* The highest id that no folder has; 0: none is left. */
unsigned device_free_id(const GPtrArray *folders);

/* Is @id one that a device of ours may have? Fails with STATUS_MISUSE, saying why not. */
bool device_id_check(const GPtrArray *folders, unsigned id, GError **error);

#endif
