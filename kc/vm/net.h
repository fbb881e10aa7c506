/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From --net to the machine's NICs, and into the network that it names. */
#ifndef KC_VM_NET_H
#define KC_VM_NET_H

#include "lab/lab.h"
#include "vm/machine.h"
#include "vm/network.h"

struct net_request {
	const char **texts; /* of --net; NULL, or one */
	int peer_fd; /* for the network "peer"; 0: there is none */
	unsigned peer_number; /* of the guest there */
};

struct net {
	char **netdevs, **nics;
	char *config;
	struct network *network; /* that it has joined; or NULL */
};

/*
 * Fills @machine, which points into @net. Joins nothing where the command is only
 * @printed. @own_qemu is the user's, or NULL. Fails with STATUS_MISUSE.
 */
bool net_prepare(struct net *net, const struct net_request *request, const struct lab *lab,
		 const char *own_qemu, bool printed, struct machine *machine, GError **error);
void net_clear(struct net *net);

#endif
