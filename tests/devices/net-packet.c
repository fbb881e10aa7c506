// SPDX-License-Identifier: GPL-2.0-or-later
#include "net-packet.h"
#include "../../devices/net/abi.h"

#include <string.h>

#define TCP 6
#define UDP 17

static void put(guint8 *at, unsigned bytes, guint32 value)
{
	while (bytes--) {
		at[bytes] = value;
		value >>= 8;
	}
}

guint32 packet_get(const guint8 *at, unsigned bytes)
{
	guint32 value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value = value << 8 | at[i];
	return value;
}

static guint32 add(guint32 sum, const guint8 *data, unsigned len)
{
	for (unsigned i = 0; i < len; i++) {
		sum += i % 2 ? data[i] : data[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

/* The pseudo header's, without its complement */
static guint32 pseudo_sum(const struct packet *packet, const guint8 *frame, unsigned l4_len)
{
	guint32 sum = add(0, frame + packet->l3 + (packet->ipv6 ? 8 : 12), packet->ipv6 ? 32 : 8);

	sum += (packet->udp ? UDP : TCP) + l4_len;
	return (sum & 0xffff) + (sum >> 16);
}

guint16 packet_ip_sum(const struct packet *packet, const guint8 *frame)
{
	return packet->ipv6 ? 0 : ~add(0, frame + packet->l3, packet->l4 - packet->l3);
}

guint16 packet_l4_sum(const struct packet *packet, const guint8 *frame, unsigned len)
{
	unsigned l4_len = len - packet->l4;

	return ~add(pseudo_sum(packet, frame, l4_len), frame + packet->l4, l4_len);
}

static void put_ip(struct packet *packet, guint8 *ip, unsigned l4_len)
{
	guint8 protocol = packet->udp ? UDP : TCP;

	if (packet->ipv6) {
		put(ip, 1, 0x60);
		put(ip + 4, 2, l4_len);
		put(ip + 6, 1, protocol);
		put(ip + 7, 1, 64);
		memset(ip + 8, 0xfd, 32);
		return;
	}
	put(ip, 1, 0x46); /* with an option of four bytes */
	put(ip + 2, 2, 24 + l4_len);
	put(ip + 4, 2, 0xfffe); /* it wraps */
	put(ip + 8, 1, 64);
	put(ip + 9, 1, protocol);
	put(ip + 12, 4, 0x0a000001);
	put(ip + 16, 4, 0x0a000002);
	put(ip + 10, 2, (guint16)~add(0, ip, 24));
}

static void put_l4(struct packet *packet, guint8 *l4, unsigned l4_len)
{
	put(l4, 2, 1000);
	put(l4 + 2, 2, 2000);
	if (packet->udp) {
		put(l4 + 4, 2, l4_len);
		return;
	}
	put(l4 + 4, 4, 0xffffff00);
	put(l4 + 12, 1, 0x80); /* with twelve bytes of options */
	put(l4 + 13, 1, 0x80 | 0x10 | 0x08 | 0x01); /* CWR, ACK, PSH, FIN */
	memset(l4 + 20, 1, 12);
}

static void put_header(struct packet *packet, guint16 sum_at)
{
	struct craft_net_hdr hdr = {
		.flags = CRAFT_NET_HDR_NEEDS_CSUM,
		.csum_start = GUINT16_TO_LE(packet->l4),
		.csum_offset = GUINT16_TO_LE(sum_at),
		.hdr_len = GUINT16_TO_LE(packet->headers),
		.gso_size = GUINT16_TO_LE(packet->gso_size),
	};

	if (packet->gso_size)
		hdr.gso_type = packet->udp    ? CRAFT_NET_GSO_UDP_L4
			       : packet->ipv6 ? CRAFT_NET_GSO_TCPV6 | CRAFT_NET_GSO_ECN
					      : CRAFT_NET_GSO_TCPV4 | CRAFT_NET_GSO_ECN;
	memcpy(packet->bytes, &hdr, sizeof(hdr));
}

void packet_make(struct packet *packet, bool partial)
{
	guint8 *frame = packet->bytes + PACKET_HDR;
	unsigned sum_at = packet->udp ? 6 : 16, l4_len;
	guint16 sum;

	memset(packet->bytes, 0, sizeof(packet->bytes));
	packet->l3 = packet->vlan ? 18 : 14;
	packet->l4 = packet->l3 + (packet->ipv6 ? 40 : 24);
	packet->headers = packet->l4 + (packet->udp ? 8 : 32);
	packet->len = PACKET_HDR + packet->headers + packet->payload;
	l4_len = packet->headers - packet->l4 + packet->payload;
	memcpy(frame, "\x52\x54\0\0\0\x01\x52\x54\0\0\0\x02", 12);
	if (packet->vlan)
		put(frame + 12, 4, 0x81000005);
	put(frame + packet->l3 - 2, 2, packet->ipv6 ? 0x86dd : 0x0800);
	put_ip(packet, frame + packet->l3, l4_len);
	put_l4(packet, frame + packet->l4, l4_len);
	for (unsigned i = 0; i < packet->payload; i++)
		frame[packet->headers + i] = i * 7 + (i >> 8);
	sum = pseudo_sum(packet, frame, l4_len);
	if (partial)
		put_header(packet, sum_at);
	else
		sum = packet_l4_sum(packet, frame, packet->len - PACKET_HDR);
	put(frame + packet->l4 + sum_at, 2, sum);
}
