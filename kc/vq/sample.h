/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes the state of all virtio devices and queues of a VM. */
#ifndef KC_VQ_SAMPLE_H
#define KC_VQ_SAMPLE_H

#include "vm/qmp.h"
#include "vq/state.h"

struct vq_drivers;

/*
 * NULL with @error where QEMU does not tell of its devices at all. @drivers may
 * be NULL: then nothing is known of them.
 */
struct vq_sample *vq_sample_take(struct qmp *qmp, struct vq_drivers *drivers, GError **error);
void vq_sample_free(struct vq_sample *sample);

const struct vq_device *vq_sample_find(const struct vq_sample *sample, const char *path);
const struct vq_queue *vq_device_find(const struct vq_device *device, unsigned index);

#endif
