/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * virtio-net: what the driver and the device agree on.
 *
 * This is the protocol of the network device of virtio 1.4, in words of our
 * own. Each half also speaks with the stock other half. All fields are
 * little-endian, the packets themselves big-endian as on any wire; the device
 * is modern only (VIRTIO_F_VERSION_1). Every length, offset and count is
 * checked by its reader. Left out are UFO, which Linux gave up, tunnels, flow
 * filters, device statistics and standby.
 */
#ifndef CRAFT_NET_ABI_H
#define CRAFT_NET_ABI_H

#include <linux/types.h>

/* The standard's; PCI device id 0x1041. */
#define VIRTIO_ID_NET			1

#define CRAFT_NET_MAC_BYTES		6

/*
 * Feature bits. D: what the device can do for the driver; G: what the driver
 * (the guest) can take from the device.
 */
#define CRAFT_NET_F_CSUM		0	/* D packets with a partial checksum */
#define CRAFT_NET_F_GUEST_CSUM		1	/* G the same, and DATA_VALID */
#define CRAFT_NET_F_CTRL_GUEST_OFFLOADS	2	/* CRAFT_NET_CTRL_OFFLOADS */
#define CRAFT_NET_F_MTU			3	/* mtu */
#define CRAFT_NET_F_MAC			5	/* mac; else the driver makes one up */
#define CRAFT_NET_F_GUEST_TSO4		7	/* G TCP over IPv4 in one piece */
#define CRAFT_NET_F_GUEST_TSO6		8	/* G TCP over IPv6 in one piece */
#define CRAFT_NET_F_GUEST_ECN		9	/* G such with ECN */
#define CRAFT_NET_F_HOST_TSO4		11	/* D TCP over IPv4 in one piece */
#define CRAFT_NET_F_HOST_TSO6		12	/* D TCP over IPv6 in one piece */
#define CRAFT_NET_F_HOST_ECN		13	/* D such with ECN */
#define CRAFT_NET_F_MRG_RXBUF		15	/* a packet may fill several buffers */
#define CRAFT_NET_F_STATUS		16	/* status */
#define CRAFT_NET_F_CTRL_VQ		17	/* there is a control queue */
#define CRAFT_NET_F_CTRL_RX		18	/* CTRL_RX, CTRL_MAC_TABLE_SET */
#define CRAFT_NET_F_CTRL_VLAN		19	/* CTRL_VLAN */
#define CRAFT_NET_F_CTRL_RX_EXTRA	20	/* more of CTRL_RX */
#define CRAFT_NET_F_GUEST_ANNOUNCE	21	/* CRAFT_NET_S_ANNOUNCE, CTRL_ANNOUNCE */
#define CRAFT_NET_F_MQ			22	/* max_pairs, CTRL_MQ_PAIRS_SET */
#define CRAFT_NET_F_CTRL_MAC_ADDR	23	/* CTRL_MAC_ADDR_SET */
#define CRAFT_NET_F_VQ_NOTF_COAL	52	/* CTRL_COAL_VQ_SET, _GET */
#define CRAFT_NET_F_NOTF_COAL		53	/* CTRL_COAL_TX_SET, _RX_SET */
#define CRAFT_NET_F_GUEST_USO4		54	/* G UDP over IPv4 in one piece */
#define CRAFT_NET_F_GUEST_USO6		55	/* G UDP over IPv6 in one piece */
#define CRAFT_NET_F_HOST_USO		56	/* D UDP over either in one piece */
#define CRAFT_NET_F_HASH_REPORT		57	/* struct craft_net_hdr_hash */
#define CRAFT_NET_F_GUEST_HDRLEN	59	/* hdr_len is exact */
#define CRAFT_NET_F_RSS			60	/* CTRL_MQ_RSS_CONFIG */
#define CRAFT_NET_F_SPEED_DUPLEX	63	/* speed, duplex */

/*
 * Queues: receive 0, transmit 0, receive 1, transmit 1, ... and the control
 * queue behind the last of max_pairs; without MQ and RSS there is one pair, and
 * the control queue is number 2.
 */
#define CRAFT_NET_VQ_RX(pair)		(2 * (pair))
#define CRAFT_NET_VQ_TX(pair)		(2 * (pair) + 1)
#define CRAFT_NET_VQ_CTRL(pairs)	(2 * (pairs))

#define CRAFT_NET_PAIRS_MIN		1
#define CRAFT_NET_PAIRS_MAX		0x8000

/* Of struct craft_net_config */
#define CRAFT_NET_S_LINK_UP		(1u << 0)
#define CRAFT_NET_S_ANNOUNCE		(1u << 1)

#define CRAFT_NET_MTU_MIN		68

#define CRAFT_NET_SPEED_UNKNOWN		0xffffffffu
#define CRAFT_NET_DUPLEX_HALF		0
#define CRAFT_NET_DUPLEX_FULL		1
#define CRAFT_NET_DUPLEX_UNKNOWN	0xff

/*
 * The device configuration, which the driver only reads. The device raises a
 * configuration-change interrupt when status changes.
 */
struct craft_net_config {
	/* with MAC */
	__u8 mac[CRAFT_NET_MAC_BYTES];
	/* with STATUS: CRAFT_NET_S_*; else the link is up */
	__le16 status;
	/* with MQ or RSS: 1 to 0x8000 */
	__le16 max_pairs;
	/* with MTU: the largest that the network behind the device takes; 68 or more */
	__le16 mtu;
	/* with SPEED_DUPLEX: in Mbit/s, to 0x7fffffff; others: not known */
	__le32 speed;
	__u8 duplex;
	/* with RSS or HASH_REPORT: 40 or more */
	__u8 rss_max_key_size;
	/* with RSS: 128 or more */
	__le16 rss_max_table_length;
	/* CRAFT_NET_HASH_* that the device can compute */
	__le32 hash_types;
} __attribute__((packed));

/*
 * Each packet begins with this header, in both directions. With HASH_REPORT
 * it is struct craft_net_hdr_hash, in both directions, too.
 */
struct craft_net_hdr {
	/* CRAFT_NET_HDR_* */
	__u8 flags;
	/* CRAFT_NET_GSO_*, perhaps with CRAFT_NET_GSO_ECN */
	__u8 gso_type;
	/* headers of the packet up to its payload; a hint without GUEST_HDRLEN */
	__le16 hdr_len;
	/* payload of each packet that this one is to be cut into */
	__le16 gso_size;
	/* with NEEDS_CSUM: where to begin, and where the sum goes from there */
	__le16 csum_start;
	__le16 csum_offset;
	/* received packets: buffers that it fills, 1 without MRG_RXBUF; else 0 */
	__le16 num_buffers;
};

struct craft_net_hdr_hash {
	struct craft_net_hdr hdr;
	__le32 hash_value;
	/* CRAFT_NET_REPORT_* */
	__le16 hash_report;
	__le16 padding;
};

/*
 * The sum of all 16-bit words from csum_start to the packet's end is to be
 * stored at csum_start + csum_offset, where the sum of the pseudo header is.
 */
#define CRAFT_NET_HDR_NEEDS_CSUM	(1u << 0)
/* Received packets: the device has checked the outermost checksum. */
#define CRAFT_NET_HDR_DATA_VALID	(1u << 1)

#define CRAFT_NET_GSO_NONE		0
#define CRAFT_NET_GSO_TCPV4		1
#define CRAFT_NET_GSO_TCPV6		4
#define CRAFT_NET_GSO_UDP_L4		5
#define CRAFT_NET_GSO_ECN		0x80

/*
 * A packet to be sent is one chain of device-readable bytes, header and packet,
 * of any shape. A buffer for received ones is one chain of device-writable
 * bytes; with MRG_RXBUF a packet goes on at the very beginning of the next
 * buffers, else each must hold the largest packet and its header:
 * CRAFT_NET_RX_BIG with any of GUEST_TSO4, TSO6, USO4, USO6, which is a header of
 * Ethernet, one of IPv6, and 65535 bytes of its payload behind ours. (Before 1.4
 * the standard had 65562, which is too little for that.)
 */
#define CRAFT_NET_RX_SMALL		1526
#define CRAFT_NET_RX_BIG		65601
#define CRAFT_NET_RX_BIG_HASH		65609	/* with HASH_REPORT */

/*
 * A command is one chain: device-readable struct craft_net_ctrl and its data;
 * device-writable what a *_GET returns, and behind that, or alone, __u8 ack,
 * CRAFT_NET_ACK_*. Without room for these, the device is broken.
 */
struct craft_net_ctrl {
	__u8 class;
	__u8 command;
};

#define CRAFT_NET_ACK_OK		0
#define CRAFT_NET_ACK_ERR		1

/* __u8: 0 for off, 1 for on. From ALLUNI on: with CTRL_RX_EXTRA. */
#define CRAFT_NET_CTRL_RX		0
#define CRAFT_NET_CTRL_RX_PROMISC	0	/* all packets */
#define CRAFT_NET_CTRL_RX_ALLMULTI	1	/* all multicast packets */
#define CRAFT_NET_CTRL_RX_ALLUNI	2	/* all unicast packets */
#define CRAFT_NET_CTRL_RX_NOMULTI	3	/* no multicast, but broadcast */
#define CRAFT_NET_CTRL_RX_NOUNI		4	/* no unicast packets */
#define CRAFT_NET_CTRL_RX_NOBCAST	5	/* no broadcast packets */

/* Filters are not exact: more may pass than was asked for. */
#define CRAFT_NET_CTRL_MAC		1
/* twice __le32 count, count addresses: unicast, then multicast */
#define CRAFT_NET_CTRL_MAC_TABLE_SET	0
/* the device's own address */
#define CRAFT_NET_CTRL_MAC_ADDR_SET	1

/* __le16, 0 to 4095; untagged packets always pass */
#define CRAFT_NET_CTRL_VLAN		2
#define CRAFT_NET_CTRL_VLAN_ADD		0
#define CRAFT_NET_CTRL_VLAN_DEL		1
#define CRAFT_NET_VLANS			4096

/* No data; the device clears CRAFT_NET_S_ANNOUNCE. */
#define CRAFT_NET_CTRL_ANNOUNCE		3
#define CRAFT_NET_CTRL_ANNOUNCE_ACK	0

#define CRAFT_NET_CTRL_MQ		4
/* __le16: as many pairs are used, the first ones; 1 after a reset */
#define CRAFT_NET_CTRL_MQ_PAIRS_SET	0
/* struct craft_net_rss */
#define CRAFT_NET_CTRL_MQ_RSS_CONFIG	1
/* struct craft_net_hash */
#define CRAFT_NET_CTRL_MQ_HASH_CONFIG	2

/* __le64 of the bits GUEST_CSUM, TSO4, TSO6, ECN, USO4, USO6 */
#define CRAFT_NET_CTRL_OFFLOADS		5
#define CRAFT_NET_CTRL_OFFLOADS_SET	0

/*
 * A used buffer notification waits until either limit is reached: the packets,
 * or the time since the first of them. 0 after a reset: none waits.
 */
#define CRAFT_NET_CTRL_COAL		6
#define CRAFT_NET_CTRL_COAL_TX_SET	0	/* struct craft_net_coal */
#define CRAFT_NET_CTRL_COAL_RX_SET	1	/* struct craft_net_coal */
#define CRAFT_NET_CTRL_COAL_VQ_SET	2	/* struct craft_net_coal_vq */
/* vq and reserved of it; answered with struct craft_net_coal */
#define CRAFT_NET_CTRL_COAL_VQ_GET	3

struct craft_net_coal {
	__le32 max_packets;
	__le32 max_usecs;
};

struct craft_net_coal_vq {
	__le16 vq;
	__le16 reserved;
	struct craft_net_coal coal;
};

/* What a hash is computed of; a type of more detail goes before a lesser one. */
#define CRAFT_NET_HASH_IPV4		(1u << 0)
#define CRAFT_NET_HASH_TCPV4		(1u << 1)
#define CRAFT_NET_HASH_UDPV4		(1u << 2)
#define CRAFT_NET_HASH_IPV6		(1u << 3)
#define CRAFT_NET_HASH_TCPV6		(1u << 4)
#define CRAFT_NET_HASH_UDPV6		(1u << 5)
#define CRAFT_NET_HASH_IPV6_EX		(1u << 6)
#define CRAFT_NET_HASH_TCPV6_EX		(1u << 7)
#define CRAFT_NET_HASH_UDPV6_EX		(1u << 8)

/* What both halves can, and know what it is */
#define CRAFT_NET_HASHES		(CRAFT_NET_HASH_IPV4 | CRAFT_NET_HASH_TCPV4 | \
					 CRAFT_NET_HASH_UDPV4 | CRAFT_NET_HASH_IPV6 | \
					 CRAFT_NET_HASH_TCPV6 | CRAFT_NET_HASH_UDPV6)

#define CRAFT_NET_REPORT_NONE		0
#define CRAFT_NET_REPORT_IPV4		1
#define CRAFT_NET_REPORT_TCPV4		2
#define CRAFT_NET_REPORT_UDPV4		3
#define CRAFT_NET_REPORT_IPV6		4
#define CRAFT_NET_REPORT_TCPV6		5
#define CRAFT_NET_REPORT_UDPV6		6
#define CRAFT_NET_REPORT_IPV6_EX	7
#define CRAFT_NET_REPORT_TCPV6_EX	8
#define CRAFT_NET_REPORT_UDPV6_EX	9

#define CRAFT_NET_RSS_KEY_BYTES		40
#define CRAFT_NET_RSS_TABLE_LENGTH	128

/*
 * A received packet goes to the receive queue (its pair) that the table has at
 * its hash & table_mask, to unclassified if it has none. Behind this: __le16
 * table[table_mask + 1], __le16 max_tx (pairs used for sending), __u8
 * key_length, the key. table_mask + 1 is a power of two.
 */
struct craft_net_rss {
	/* CRAFT_NET_HASH_* */
	__le32 hash_types;
	__le16 table_mask;
	__le16 unclassified;
};

/* Behind this: __u8 key_length, the key. */
struct craft_net_hash {
	/* CRAFT_NET_HASH_* */
	__le32 hash_types;
	__le16 reserved[4];
};

_Static_assert(sizeof(struct craft_net_config) == 24, "configuration");
_Static_assert(sizeof(struct craft_net_hdr) == 12, "header");
_Static_assert(sizeof(struct craft_net_hdr_hash) == 20, "header with a hash");
_Static_assert(sizeof(struct craft_net_ctrl) == 2, "command");
_Static_assert(sizeof(struct craft_net_coal) == 8, "coalescing");
_Static_assert(sizeof(struct craft_net_coal_vq) == 12, "coalescing of a queue");
_Static_assert(sizeof(struct craft_net_rss) == 8, "receive-side scaling");
_Static_assert(sizeof(struct craft_net_hash) == 12, "hash");

#endif
