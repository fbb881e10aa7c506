/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the fields of a virtqueue lie in a guest's kernel, in bytes from the
 * struct virtqueue on. They are no interface of Linux's: they are taken from
 * the kernel's own descriptions where it has any.
 *
 * None of this is believed for long: the device must find each buffer where
 * and under which head it says, or there is no trace.
 */
#ifndef KC_TRACE_RECORD_KERNEL_LAYOUT_H
#define KC_TRACE_RECORD_KERNEL_LAYOUT_H

#include "kernel/types.h"

struct kernel_layout {
	guint32 device_index; /* of struct virtio_device */
	guint32 vdev; /* of struct virtqueue: the device */
	guint32 index;
	guint32 num_free;
	guint32 packed_ring; /* of struct vring_virtqueue, from here on; bit 0: packed, 1: in order */
	guint32 free_head;
	guint32 last_used_idx;
	guint32 last_used; /* of a split ring in order: the next head to come back; 0: none such */
	guint32 ring_num;
	guint32 split_avail; /* avail_idx_shadow */
	guint32 packed_wrap; /* avail_wrap_counter */
	guint32 packed_next; /* next_avail_idx */
};

/* From the kernel's own description; @error names what it lacks. */
bool kernel_layout_describe(struct kernel_layout *layout, const struct kernel_types *types,
			    GError **error);

#define KERNEL_RELEASES "6.1 to 7.3"

/*
 * For a kernel without descriptions: what releases of this number have when
 * built as they are. False for a release that is not known.
 */
bool kernel_layout_by_release(struct kernel_layout *layout, const char *release);

#endif
