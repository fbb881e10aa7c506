/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A QEMU without a guest, with one virtio-net device of either kind, on
 * virtio-mmio or virtio-pci. The network behind it is this test: a stream of frames.
 */
#ifndef TESTS_NET_MACHINE_H
#define TESTS_NET_MACHINE_H

#include "virtqueue.h"

#define NET_OURS "craft-net-device"
#define NET_OURS_PCI "craft-net-pci" /* without net_config(), net_move() */
#define NET_STOCK "virtio-net-device"
#define NET_FRAME_MAX 70000
#define NET_PAIRS 4
#define NET_ROOM 0x12000 /* bytes of a buffer of ours, in the guest's memory */

struct net_machine {
	struct qtest qtest;
	int wire;
	enum vq_ring ring;
	bool pci;
	guint64 offered, has; /* features */
	struct vq rx[NET_PAIRS], tx[NET_PAIRS], control;
};

extern struct net_machine net;

/* For cmocka: of all tests of a file, and after each of them. */
int net_set_up(void **state);
int net_drop(void **state);
int net_tear_down(void **state);

/* @device has @properties; as it was saved at @incoming, unless that is NULL. */
void net_start(const char *device, const char *properties, const char *incoming);

/* Saves the machine and goes on with another one; frames of both must be read from their wires. */
void net_move(const char *device, const char *properties, int *old_wire);

/* From a reset to DRIVER_OK with all features but @without, and @pairs. */
void net_driver(enum vq_ring ring, guint64 without, unsigned pairs);

/* To and from the network. The second returns the frame's length, -1 if none comes, 0 at the end. */
void net_put_frame(const void *frame, size_t len);
int net_get_frame(int wire, void *frame, int limit_ms);

/* The device has had all frames that were put: to take, to keep for later or to drop. */
void net_await_read(void);

/* Header and frame of a packet to be sent, in @cuts parts; of @pair's queue. It is not awaited. */
void net_send(unsigned pair, const void *packet, size_t len, unsigned cuts);
bool net_is_sent(unsigned pair, guint32 *len);

/* Receive buffer @n of @len bytes; what was received into it, -1 if nothing comes. */
void net_add_room(unsigned pair, unsigned n, size_t len);
int net_received(unsigned pair, unsigned n, void *packet, int limit_ms);

/* The ack; VQ's chain is out, then in. @answer may be NULL. 256: broken; 257: none */
unsigned net_command(const void *command, size_t len, void *answer, size_t answer_len);

void net_config(size_t offset, void *data, size_t len);

#endif
