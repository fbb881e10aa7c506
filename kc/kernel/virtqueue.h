/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fields of Linux' virtqueues that are read anywhere, each as structure and
 * path for kernel_types_field(). They are no interface of Linux's: what a
 * release renames is mended here, for kc vq and kc trace alike.
 */
#ifndef KC_KERNEL_VIRTQUEUE_H
#define KC_KERNEL_VIRTQUEUE_H

#define VIRTIO_DEVICE_DEV "virtio_device", "dev"
#define VIRTIO_DEVICE_INDEX "virtio_device", "index"
#define VIRTIO_DEVICE_ID "virtio_device", "id.device"
#define VIRTIO_DEVICE_VQS "virtio_device", "vqs"
#define VIRTQUEUE_LIST "virtqueue", "list"
#define VIRTQUEUE_NAME "virtqueue", "name"
#define VIRTQUEUE_CALLBACK "virtqueue", "callback"
#define VIRTQUEUE_VDEV "virtqueue", "vdev"
#define VIRTQUEUE_INDEX "virtqueue", "index"
#define VIRTQUEUE_NUM_FREE "virtqueue", "num_free"
#define VRING_PACKED "vring_virtqueue", "packed_ring|layout"
#define VRING_BROKEN "vring_virtqueue", "broken"
#define VRING_FREE_HEAD "vring_virtqueue", "free_head"
#define VRING_NUM_ADDED "vring_virtqueue", "num_added"
#define VRING_LAST_USED_IDX "vring_virtqueue", "last_used_idx"
#define VRING_LAST_USED "vring_virtqueue", "last_used"
#define VRING_SPLIT_NUM "vring_virtqueue", "split.vring.num"
#define VRING_SPLIT_AVAIL "vring_virtqueue", "split.avail_idx_shadow"
#define VRING_SPLIT_FLAGS "vring_virtqueue", "split.avail_flags_shadow"
#define VRING_SPLIT_ADDRESS "vring_virtqueue", "split.queue_dma_addr"
#define VRING_SPLIT_STATES "vring_virtqueue", "split.desc_state"
#define VRING_SPLIT_DATA "vring_desc_state_split", "data"
#define VRING_PACKED_NUM "vring_virtqueue", "packed.vring.num"
#define VRING_PACKED_WRAP "vring_virtqueue", "packed.avail_wrap_counter"
#define VRING_PACKED_NEXT "vring_virtqueue", "packed.next_avail_idx"
#define VRING_PACKED_FLAGS "vring_virtqueue", "packed.event_flags_shadow"
#define VRING_PACKED_ADDRESS "vring_virtqueue", "packed.ring_dma_addr"
#define VRING_PACKED_STATES "vring_virtqueue", "packed.desc_state"
#define VRING_PACKED_DATA "vring_desc_state_packed", "data"

#endif
