/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a device may be called. The name becomes part of C symbols on both
 * sides, of QEMU's types (virtio-NAME-pci) and of the module (NAME_virtio.ko).
 */
#ifndef KC_DEVICE_NAME_H
#define KC_DEVICE_NAME_H

#include <glib.h>
#include <stdbool.h>

/* So that the lines of what is made from it stay within what checkpatch reads. */
#define DEVICE_NAME_MAX 16

/* A name for a device. Fails with STATUS_MISUSE, naming the reason and a way out. */
bool device_name_check(const char *name, GError **error);

/* A name for a part of it (@what: "queue", "field" ...): a C identifier of lower case. */
bool device_part_name_check(const char *what, const char *name, GError **error);

#endif
