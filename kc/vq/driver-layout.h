/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the kernel's structures hold what driver.c reads: from the bus down to a queue's ring. */
#ifndef KC_VQ_DRIVER_LAYOUT_H
#define KC_VQ_DRIVER_LAYOUT_H

#include "kernel/types.h"

#define VQ_LAYOUT_STRUCTURE_MAX 4096 /* bytes */

enum {
	KSET_LIST,
	KOBJECT_ENTRY,
	SUBSYS_KOBJECT,
	SUBSYS_BUS,
	SUBSYS_DEVICES,
	KLIST_LIST,
	NODE_NODE,
	PRIVATE_BUS,
	PRIVATE_DEVICE,
	VIRTIO_DEVICE,
	VIRTIO_INDEX,
	VIRTIO_KIND,
	VIRTIO_QUEUES,
	QUEUE_ENTRY,
	QUEUE_NAME,
	QUEUE_CALLBACK,
	QUEUE_FREE,
	RING_PACKED,
	RING_BROKEN,
	RING_ADDED,
	RING_LAST_USED,
	SPLIT_FLAGS,
	SPLIT_ADDRESS,
	SPLIT_STATES,
	SPLIT_DATA,
	PACKED_FLAGS,
	PACKED_ADDRESS,
	PACKED_STATES,
	PACKED_DATA,
	VQ_LAYOUT_FIELDS
};

struct vq_layout {
	struct kernel_field fields[VQ_LAYOUT_FIELDS];
	unsigned ring_bytes; /* of struct vring_virtqueue */
	unsigned split_state_bytes, packed_state_bytes; /* of each descriptor's */
	guint64 bus_kset, virtio_bus; /* as linked */
};

/* False with *why, which the caller frees, where this kernel lacks one. */
bool vq_layout_read(struct vq_layout *layout, const struct kernel_types *types, char **why);

#endif
