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
#define ETHER_TYPE 0x88b5 /* for experiments of one's own (IEEE 802) */
#define FRAME_MAX 65550

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

/* A load on the loop of two NICs: "round-trips", "packets" or "stream". */
int speed_main(const char *kind, double seconds);

bool test_serve(void);
bool test_take(void);
bool test_raw(void);
bool test_udp(void);
bool test_burst(void);
bool test_tcp(void);
bool test_statistics(void);
bool test_rebind(void);
bool test_down_and_up(void);
bool test_replug(void);

#endif
