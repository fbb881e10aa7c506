/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a user writes behind --net: "user", "socket:NAME", "loop", "none", with
 * the NIC's model, its address and its properties behind commas. Pure.
 */
#ifndef KC_VM_NET_OPTION_H
#define KC_VM_NET_OPTION_H

#include "vm/machine.h"

#define NET_GUESTS 64 /* of one network, numbered from 1 */
#define NET_NAME_MAX 32

enum net_kind {
	NET_NONE,
	NET_USER, /* behind QEMU's own router */
	NET_SOCKET, /* with other guests of this host */
	NET_PEER, /* with the second guest of a test */
	NET_LOOP /* two NICs of this guest, joined */
};

struct net_option {
	enum net_kind kind;
	char *name; /* of NET_SOCKET */
	unsigned guest; /* its number there; 0: the lowest that is free */
	char *device; /* or NULL: the stock NIC */
	char *address; /* "10.0.3.1/24"; "none"; NULL: the kind's own */
	char *mac; /* or NULL: one that goes with the number */
	char *properties; /* of the NIC: ",mtu=9000" */
	char *backend; /* of the netdev: ",hostfwd=tcp::2222-:22" */
};

/* Fails with STATUS_MISUSE. Clear it in any case. */
bool net_option_parse(struct net_option *option, const char *text, GError **error);
void net_option_clear(struct net_option *option);

/*
 * As QEMU's words, into arrays of strings: @netdevs and @nics, which ends each -device
 * type with @type. @option->guest is set by now.
 */
void net_option_words(const struct net_option *option, const char *type, GPtrArray *netdevs,
		      GPtrArray *nics);

/* What the guest's agent gives the NIC: "MAC,ADDRESS/PREFIX[,GATEWAY,DNS]"; NULL: nothing. */
char *net_option_config(const struct net_option *option);

#endif
