/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What virtqueue.h does on virtio-mmio, for the one virtio-pci device of a microvm; and what only that has. */
#ifndef TESTS_VIRTQUEUE_PCI_H
#define TESTS_VIRTQUEUE_PCI_H

#include "virtqueue.h"

guint64 vq_pci_negotiate(struct qtest *qtest, unsigned id, guint64 want);
void vq_pci_set_up(struct vq *vq, struct qtest *qtest, enum vq_ring ring, unsigned index);
void vq_pci_driver_ok(struct qtest *qtest);

/* A single queue, with VIRTIO_F_RING_RESET; vq_pci_set_up() enables it again. */
void vq_pci_reset(struct vq *vq);

#endif
