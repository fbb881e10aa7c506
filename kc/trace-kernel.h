/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the fields of a virtqueue lie in a guest's kernel, in bytes from the
 * struct virtqueue on. They are no interface of Linux's: they are taken from
 * the kernel's own descriptions where it has any.
 *
 * None of this is believed for long: the device must find each buffer where
 * and under which head it says, or there is no trace.
 */
#ifndef KC_TRACE_KERNEL_H
#define KC_TRACE_KERNEL_H

#include <glib.h>
#include <stdbool.h>

struct kernel_layout {
	guint32 vdev; /* of struct virtqueue: the device, whose index comes first */
	guint32 index;
	guint32 num_free;
	guint32 packed_ring; /* of struct vring_virtqueue, from here on; odd: packed */
	guint32 free_head;
	guint32 last_used_idx;
	guint32 ring_num;
	guint32 split_avail; /* avail_idx_shadow */
	guint32 packed_wrap; /* avail_wrap_counter */
	guint32 packed_next; /* next_avail_idx */
};

/*
 * From DWARF: of a vmlinux, or of the module virtio_ring. False, with no error
 * set, for a file that has none.
 */
bool kernel_layout_by_dwarf(struct kernel_layout *layout, const char *file, GError **error);

/*
 * From BTF, as the guest has it in /sys/kernel/btf: of vmlinux, and of the
 * module virtio_ring where that is one (else NULL).
 */
bool kernel_layout_by_btf(struct kernel_layout *layout, const char *vmlinux, const char *module,
			  GError **error);

/*
 * For a kernel without descriptions: what releases of this number have when
 * built as they are. False for a release that is not known.
 */
bool kernel_layout_by_release(struct kernel_layout *layout, const char *release);

/*
 * Looks a member up: sets its @offset in bits within @outer and its own type.
 * Types are the describer's own; an anonymous member's members count as its
 * holder's.
 */
typedef bool (*layout_member)(void *describer, const void *outer, const char *name, guint64 *offset,
			      const void **type);

/* Fills @layout by a describer; @error names what it lacks. */
bool kernel_layout_describe(struct kernel_layout *layout, layout_member member, void *describer,
			    const void *virtqueue, const void *vring_virtqueue, GError **error);

#endif
