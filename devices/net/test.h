/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of net_test share: the two guests, and what goes between them. */
#ifndef NET_TEST_H
#define NET_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kc-test.h"

#define PEER "10.0.3.2"
#define PORT 9000 /* of the peer, UDP and TCP: comes back as it went */
#define PORT_END 9001 /* who connects there ends the peer's part */
#define PORT_ASK 9002 /* UDP, net_ask_peer() */
#define PORT_SEND 9003 /* UDP: what comes there goes out as a frame, see net_have_sent() */
#define VLAN_PEER "10.0.7.2" /* once it was asked for "vlan" */
#define ETHER_TYPE 0x88b5 /* for experiments of one's own (IEEE 802) */
#define FRAME_MAX 65550
#define FRAME_LEAST 60

/* The first NIC's name; NULL: there is none. */
const char *net_name(void);

/* Its MAC. */
void net_mac(uint8_t *mac);

/* Bytes that no other packet of another seed has, in this order. */
void net_fill(uint8_t *data, size_t size, uint32_t seed);
bool net_is(const uint8_t *data, size_t size, uint32_t seed);

/* Room for a burst, whatever memory a driver's buffer takes (truesize). */
void net_give_room(int fd);

/* A raw socket of the NIC's for ETHER_TYPE, or -1; waits at most PATIENCE_SECONDS for a frame. */
#define PATIENCE_SECONDS 20
int net_raw(void);

/* All frames of the NIC's, those that it sends, too. */
int net_tap(void);

/* Where the peer is, from now on: PEER, unless a test has another way to it. */
void net_go_by(const char *address);

/* A stream of so many bytes goes to the peer and back, and is as it was. */
bool net_stream(size_t bytes);

/* The peer does as it is asked: "mtu BYTES", or "vlan". */
bool net_ask_peer(const char *what);

/* The peer sends this frame, as it is; there is no answer. */
bool net_have_sent(const uint8_t *frame, size_t size);

/* An ioctl() of ethtool's to the NIC; says what is refused. */
bool net_ethtool(const char *what, void *command);

/* A frame of the size to all, from the NIC: header, and bytes of the seed. */
void net_write_frame(uint8_t *frame, size_t size, uint32_t seed);

/* One of the size goes to the peer and back, and is as it was. */
bool net_frame_returns(int fd, size_t size);

/* Of the NIC and the peer's */
bool net_set_mtus(int mtu);

/* A command in a shell, such as "ip link"; says that it failed. */
bool net_run(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Traffic while something else happens: a stream that begins again and again, and
 * frames with numbers. None may be wrong, invented or come twice; those that are
 * lost are counted, and told with the rest at the end.
 */
bool flow_begin(bool stream);
bool flow_end(void);

/* The same; after so long a silence, what is not back is lost. */
bool flow_end_after(int silence_ms);

/* A load on the loop of two NICs; kind: "round-trips", "packets", "stream", "udp", "requests". */
int speed_main(const char *kind, double seconds);

bool test_serve(void);
bool test_take(void);
bool test_raw(void);
bool test_udp(void);
bool test_burst(void);
bool test_room(void);
bool test_tcp(void);
bool test_statistics(void);
bool test_rebind(void);
bool test_down_and_up(void);
bool test_replug(void);
bool test_unplug(void);
bool test_surprise(void);
bool test_move(void);
bool test_link(void);
bool test_announce(void);
bool test_mtu(void);
bool test_jumbo(void);
bool test_vlan(void);
bool test_netem(void);
bool test_rings(void);
bool test_tight(void);
bool test_channels(void);
bool test_coalesce(void);
bool test_rss(void);
bool test_hash(void);
bool test_xdp(void);
bool test_xdp_jumbo(void);

#endif
