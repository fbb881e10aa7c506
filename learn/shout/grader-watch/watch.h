/* SPDX-License-Identifier: GPL-2.0-only */
/* What watches the queue, watch.c, and what watches the driver core, core.c, share. */
#ifndef LEARN_WATCH_H
#define LEARN_WATCH_H

#include <linux/kprobes.h>
#include <linux/virtio.h>

#include "abi.h"

static inline bool is_ours(const struct virtio_device *vdev)
{
	return vdev->id.device == VIRTIO_ID_SHOUT;
}

/* All of them or none, and says which it was. */
int watch_probes(struct kprobe *probes, size_t count);
void unwatch_probes(struct kprobe *probes, size_t count);

int watch_core(void);
void unwatch_core(void);

#endif
