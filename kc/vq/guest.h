/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's physical memory, read through QEMU's monitor while the guest runs. */
#ifndef KC_VQ_GUEST_H
#define KC_VQ_GUEST_H

#include "vm/qmp.h"
#include "vq/ring.h"

struct vq_guest;

/*
 * Learns which addresses are RAM: nothing else is ever read, because reading a
 * device's registers may change them. NULL with @error where QEMU does not tell.
 */
struct vq_guest *vq_guest_new(struct qmp *qmp, GError **error);
void vq_guest_free(struct vq_guest *guest);

/* Belongs to @guest. */
struct vq_memory *vq_guest_memory(struct vq_guest *guest);

struct vq_vector {
	bool known;
	bool masked;
	bool pending; /* raised while it was masked */
	guint64 address; /* of its message */
	guint32 data;
};

/*
 * Vector @number of the PCI device with the QOM path or id @owner, by its MSI-X
 * table: registers that reading does not change.
 */
struct vq_vector vq_guest_vector(struct vq_guest *guest, const char *owner, unsigned number);

#endif
