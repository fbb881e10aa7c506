/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets of TCP and UDP over IPv4 and IPv6, made and judged. */
#ifndef TESTS_NET_PACKET_H
#define TESTS_NET_PACKET_H

#include <glib.h>
#include <stdbool.h>

#define PACKET_HDR 12 /* of virtio-net, before each frame */
#define PACKET_MAX (PACKET_HDR + 14 + 8 + 65535)

struct packet {
	bool ipv6, udp, vlan;
	unsigned payload; /* bytes, of a pattern */
	guint16 gso_size; /* 0: it is one frame */
	guint8 bytes[PACKET_MAX]; /* header and frame */
	unsigned len;
	unsigned l3, l4, headers; /* in the frame */
};

/* Of the fields above @bytes. Its checksum is left to the device, with @partial; else it is whole. */
void packet_make(struct packet *packet, bool partial);

/* 0: it is right */
guint16 packet_ip_sum(const struct packet *packet, const guint8 *frame);
guint16 packet_l4_sum(const struct packet *packet, const guint8 *frame, unsigned len);

guint32 packet_get(const guint8 *at, unsigned bytes);

#endif
