/*
 * craft-net: the pairs of queues that are used, and the netdev's behind them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "net/tap.h"
#include "trace/trace-hw_virtio_kernelcraft_net.h"
#include "device.h"

/* A tap of several queues steers by itself, to those that are enabled */
void craft_net_use_ports(CraftNet *s)
{
    unsigned int i;

    for (i = 0; i < s->num_ports; i++) {
        NetClientState *peer = qemu_get_subqueue(s->nic, i)->peer;

        if (s->num_ports == 1 || !peer ||
            peer->info->type != NET_CLIENT_DRIVER_TAP) {
            continue;
        }
        if (i < s->pairs) {
            tap_enable(peer);
        } else {
            tap_disable(peer);
        }
    }
}

/* For kicks that were not heard, and packets that the netdev keeps */
void craft_net_look_again(CraftNet *s)
{
    unsigned int i;

    for (i = 0; i < s->num_queues; i++) {
        qemu_bh_schedule(s->queues[i].bh);
    }
}

void craft_net_set_pairs(CraftNet *s, unsigned int pairs)
{
    trace_craft_net_pairs(s, pairs);
    s->pairs = pairs;
    craft_net_use_ports(s);
    craft_net_look_again(s);
}
