/* SPDX-License-Identifier: BSD-3-Clause */
/* What the two halves of virtio-shout, the device of the exercises, agree on. */
#ifndef VIRTIO_SHOUT_ABI_H
#define VIRTIO_SHOUT_ABI_H

#include <linux/types.h>

/* 50 to 63 are free in the virtio specification; PCI device id 0x1072. */
#define VIRTIO_ID_SHOUT 50

#define VIRTIO_SHOUT_MAX 64 /* bytes of one word */

/*
 * The only queue. A buffer is one chain of descriptors, cut in any way:
 *   device-readable: a word, 1 to VIRTIO_SHOUT_MAX bytes
 *   device-writable: room for the answer, as many bytes or more
 * The answer is the word with a-z replaced by A-Z, and the used length its
 * length. Any other buffer breaks the device, which sets DEVICE_NEEDS_RESET.
 */
#define VIRTIO_SHOUT_VQ_REQUESTS 0

/* The configuration space; each change is announced by an interrupt. */
struct virtio_shout_config {
	__le16 max; /* bytes: the longest word that the device takes now */
};

#endif
