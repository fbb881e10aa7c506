/*
 * What the devices that lie to their driver have in common: a table of lies,
 * each of which begins with its name, and the property that chooses one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VIRTIO_FAULT_LIAR_H
#define HW_VIRTIO_FAULT_LIAR_H

#include "hw/virtio/virtio.h"

/* The first field of each; a class_init() calls liar_class_setup(). */
typedef struct Liar {
    VirtIODevice parent_obj;
    char *name;     /* of the lie */
} Liar;

void liar_class_setup(ObjectClass *klass, const char *desc);

/* The lie of @count in @lies, of @size bytes each, that the property names */
const void *liar_choose(Liar *liar, const void *lies, size_t count,
                        size_t size, Error **errp);

#endif
