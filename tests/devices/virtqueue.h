/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The driver's side of several virtqueues on virtio-mmio, by qtest: chains of any shape in each. */
#ifndef TESTS_VIRTQUEUE_H
#define TESTS_VIRTQUEUE_H

#include "qtest.h"

#define VQ_NUM 64
#define VQ_PARTS 16 /* of a chain */

enum vq_ring { VQ_SPLIT, VQ_PACKED, VQ_INDIRECT, VQ_PACKED_INDIRECT };

struct vq {
	struct qtest *qtest;
	enum vq_ring ring;
	unsigned index;
	guint64 doorbell; /* where it is kicked; 0: virtio-mmio's register */
	unsigned added, used; /* chains, since it was set up */
	unsigned place, look; /* in a packed ring: descriptors, the wrap included */
	unsigned sizes[VQ_NUM]; /* descriptors of the chain that starts at each */
};

struct vq_part {
	guint64 address;
	guint32 len;
	bool write;
};

/* Resets the device of type @id; up to FEATURES_OK with what is offered of @want. Returns the offer. */
guint64 vq_negotiate(struct qtest *qtest, unsigned id, guint64 want);
void vq_set_up(struct vq *vq, struct qtest *qtest, enum vq_ring ring, unsigned index);

/* The same without a word to the device. The second says where its parts are in memory. */
void vq_clear(struct vq *vq, struct qtest *qtest, enum vq_ring ring, unsigned index);
void vq_place(const struct vq *vq, guint64 *desc, guint64 *avail, guint64 *used);

void vq_driver_ok(struct qtest *qtest);
bool vq_is_broken(struct qtest *qtest);

/* What of a used buffer and of the configuration an interrupt told since the last look. */
unsigned vq_interrupts(struct qtest *qtest);

void vq_add(struct vq *vq, const struct vq_part *parts, unsigned count);
void vq_kick(struct vq *vq);

/* Whether the next chain was returned, in the order in which they were added, and its length. */
bool vq_get(struct vq *vq, guint32 *len);

#endif
