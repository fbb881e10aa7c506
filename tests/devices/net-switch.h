/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An Ethernet switch between two QEMUs' dgram netdevs, one of whose guests moves: that
 * guest has a port at each place where it is in turn, and is where it was heard last. The
 * switch takes notes of net_test's frames with numbers.
 */
#ifndef TESTS_NET_SWITCH_H
#define TESTS_NET_SWITCH_H

#include <stdbool.h>

#define SWITCH_PEER 0 /* the port of the guest that stays */
#define SWITCH_TYPE 0x88b5 /* of frames with numbers (devices/net/test.h), which ... */
#define SWITCH_NUMBER_AT 14 /* ... stand there: 32 bits, little-endian */

enum switch_way { SWITCH_OUT, SWITCH_BACK, SWITCH_WAYS }; /* from the one that moves, and to it */

struct net_switch;

/* Carries frames by a thread of its own. */
struct net_switch *switch_new(void);
void switch_free(struct net_switch *net_switch);

/*
 * The next port, from SWITCH_PEER on; *qemu is the other end, which the caller
 * closes. What is plugged in later takes precedence once it has said something.
 */
unsigned switch_plug(struct net_switch *net_switch, int *qemu);

/* The port where the guest that moves is. */
unsigned switch_where(const struct net_switch *net_switch);

/* Frames with numbers that went that way, each counted once; and those that went again. */
unsigned switch_count(const struct net_switch *net_switch, enum switch_way way);
unsigned switch_twice(const struct net_switch *net_switch, enum switch_way way);

/* Of those, how many lie at a port whose QEMU is gone. Takes them away. */
unsigned switch_unread(struct net_switch *net_switch, unsigned port);

#endif
