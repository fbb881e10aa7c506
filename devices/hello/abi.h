/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the two halves of a virtio device agree on, and all that they share:
 * the device's id, its queues, and what a buffer on each of them is.
 */
#ifndef VIRTIO_HELLO_ABI_H
#define VIRTIO_HELLO_ABI_H

/* 50 to 63 are free in the virtio specification; PCI device id 0x107f. */
#define VIRTIO_ID_HELLO 63

#define VIRTIO_HELLO_MAX 4096 /* bytes of one message */

/*
 * The only queue. A buffer is one chain of descriptors, cut in any way:
 *   device-readable: the message, 1 to VIRTIO_HELLO_MAX bytes
 *   device-writable: room for the answer, as many bytes or more
 * The answer is the message with a-z replaced by A-Z, and the used length its
 * length. Any other buffer breaks the device, which sets DEVICE_NEEDS_RESET.
 */
#define VIRTIO_HELLO_VQ_REQUESTS 0

#endif
