/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The driver's side of the queues: Linux' struct vring_virtqueue, found in the
 * guest's memory by the kernel's own lists. Which structure belongs to which
 * queue is told by the ring's address, which both sides know.
 */
#ifndef KC_VQ_DRIVER_H
#define KC_VQ_DRIVER_H

#include "kernel/types.h"
#include "vq/state.h"

struct vq_drivers;

/* Reads the layout from a file with DWARF; NULL with @why, which the caller frees. */
struct vq_drivers *vq_drivers_new(const char *vmlinux, char **why);
void vq_drivers_free(struct vq_drivers *drivers);

/*
 * Fills in what is found. Returns NULL, or why nothing could be read, which
 * the caller frees: the running kernel may be another one.
 */
char *vq_drivers_fill(struct vq_drivers *drivers, struct vq_sample *sample,
		      struct vq_memory *memory);

#endif
