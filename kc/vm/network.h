/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A network of guests of this host that meet by name: each kc has a socket for
 * its QEMU and carries frames between that and the other kcs. All of it lives in
 * anonymous and abstract sockets: no file, no port, nothing left behind. Only
 * processes of one user and one network namespace meet.
 */
#ifndef KC_VM_NETWORK_H
#define KC_VM_NETWORK_H

#include <glib.h>
#include <stdbool.h>

struct network;

/*
 * Joins the network @name as guest *number, or where that is 0 as the lowest
 * that is free, which it then is. Until network_open() no frame passes. Fails
 * with STATUS_MISUSE where the number is taken, or no more is free.
 */
struct network *network_join(const char *name, unsigned *number, GError **error);

/* QEMU's end, a datagram socket; it stays the network's. */
int network_fd(const struct network *network);

/* The guest is up: its frames go out, and others' come in. */
void network_open(struct network *network);

/* None does any more, and what an ended QEMU has not read is dropped. */
void network_shut(struct network *network);

void network_leave(struct network *network);

#endif
