/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * virtio-echo: what the driver and the device agree on.
 *
 * The device takes messages, transforms them and gives them back; it also
 * sends messages of its own. Both halves include this file and nothing else
 * of each other. All fields are little-endian; the device is modern only
 * (VIRTIO_F_VERSION_1). Every length and offset is checked by its reader.
 */
#ifndef VIRTIO_ECHO_ABI_H
#define VIRTIO_ECHO_ABI_H

#include <linux/types.h>

/* 50 to 63 are free in the virtio specification; PCI device id 0x107d. */
#define VIRTIO_ID_ECHO			61

#define VIRTIO_ECHO_VERSION		1

/* Feature bits */
#define VIRTIO_ECHO_F_EVENT		0	/* the event queue exists */
#define VIRTIO_ECHO_F_TRANSFORM		1	/* operations other than ECHO */

/* Queues. The event queue exists only with VIRTIO_ECHO_F_EVENT. */
#define VIRTIO_ECHO_VQ_REQUEST		0
#define VIRTIO_ECHO_VQ_EVENT		1

#define VIRTIO_ECHO_GREETING_MAX	64
#define VIRTIO_ECHO_EVENT_MAX		248

/*
 * The device configuration, read-only for the driver. The device raises a
 * configuration-change interrupt when the greeting changes; the transport's
 * generation count tells a torn read.
 */
struct virtio_echo_config {
	/* VIRTIO_ECHO_VERSION; a driver refuses a version it does not know. */
	__le16 version;
	/* Bytes of greeting in use, 0 to VIRTIO_ECHO_GREETING_MAX. */
	__le16 greeting_len;
	/* Largest payload of one request in bytes, at least 1. */
	__le32 max_payload;
	/* UTF-8, not terminated; bytes after greeting_len are zero. */
	__u8 greeting[VIRTIO_ECHO_GREETING_MAX];
};

/* What to do with a payload */
#define VIRTIO_ECHO_OP_ECHO		0	/* give it back as it is */
#define VIRTIO_ECHO_OP_UPPER		1	/* a-z become A-Z, all else stays */
#define VIRTIO_ECHO_OP_REVERSE		2	/* last byte first */

/*
 * A request is one descriptor chain of any shape:
 *
 *   device-readable: struct virtio_echo_req, then payload_len bytes
 *   device-writable: struct virtio_echo_resp, then room for the answer
 *
 * Neither structure need start or end at a descriptor boundary. Requests are
 * completed asynchronously and, unless VIRTIO_F_IN_ORDER is negotiated, in
 * any order. The used length is sizeof(resp) + resp.payload_len.
 *
 * A chain without room for struct virtio_echo_resp, or too short to hold
 * struct virtio_echo_req, breaks the device (DEVICE_NEEDS_RESET): there is
 * nowhere to say what is wrong, or no telling what was asked.
 */
struct virtio_echo_req {
	/* VIRTIO_ECHO_OP_*; only ECHO without VIRTIO_ECHO_F_TRANSFORM. */
	__le32 op;
	/* Bytes that follow, 0 to config.max_payload. */
	__le32 payload_len;
	/* Chosen by the driver; comes back in the response. */
	__le64 cookie;
};

/* Outcome of a request; with any but OK, resp.payload_len is 0. */
#define VIRTIO_ECHO_S_OK		0
#define VIRTIO_ECHO_S_BAD_OP		1	/* unknown or not negotiated */
#define VIRTIO_ECHO_S_BAD_LEN		2	/* over max_payload or over the chain */
#define VIRTIO_ECHO_S_NO_ROOM		3	/* the answer does not fit */

struct virtio_echo_resp {
	/* VIRTIO_ECHO_S_* */
	__le32 status;
	/* Bytes of answer that follow; with OK the same as req.payload_len. */
	__le32 payload_len;
	/* req.cookie */
	__le64 cookie;
};

/*
 * One message from the host. The driver keeps buffers of this size, all of
 * it device-writable, on the event queue. The used length is the offset of
 * text + len. With no buffer at hand the device keeps a bounded backlog,
 * then drops the oldest message; seq counts all messages, so a gap tells.
 */
struct virtio_echo_event {
	/* 0 for the first message after the device was created, then +1. */
	__le32 seq;
	/* Bytes of text, 0 to VIRTIO_ECHO_EVENT_MAX. */
	__le32 len;
	/* UTF-8, not terminated. */
	__u8 text[VIRTIO_ECHO_EVENT_MAX];
};

_Static_assert(sizeof(struct virtio_echo_config) == 72, "config");
_Static_assert(sizeof(struct virtio_echo_req) == 16, "request");
_Static_assert(sizeof(struct virtio_echo_resp) == 16, "response");
_Static_assert(sizeof(struct virtio_echo_event) == 256, "event");

#endif
