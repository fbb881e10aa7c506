/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * virtio-fault: what the driver and the device agree on, as long as neither
 * of them has been told to do wrong.
 *
 * One queue, no configuration, no features of its own. All fields are
 * little-endian; the device is modern only (VIRTIO_F_VERSION_1).
 */
#ifndef VIRTIO_FAULT_ABI_H
#define VIRTIO_FAULT_ABI_H

#include <linux/types.h>

/* 50 to 63 are free in the virtio specification; PCI device id 0x107e. */
#define VIRTIO_ID_FAULT			62

#define VIRTIO_FAULT_VQ_REQUEST		0

/*
 * A request is one descriptor chain of any shape: struct virtio_fault_req
 * device-readable, then struct virtio_fault_resp device-writable. Bytes after
 * either are left alone. The used length is sizeof(struct virtio_fault_resp).
 *
 * A chain too short for either breaks the device (DEVICE_NEEDS_RESET).
 */
struct virtio_fault_req {
	/* Chosen by the driver */
	__le64 cookie;
};

struct virtio_fault_resp {
	/* req.cookie */
	__le64 cookie;
};

_Static_assert(sizeof(struct virtio_fault_req) == 8, "request");
_Static_assert(sizeof(struct virtio_fault_resp) == 8, "response");

#endif
