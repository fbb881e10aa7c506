/*
 * craft-net: the driver is asked to make the network know it again.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "migration/misc.h"
#include "trace/trace-hw_virtio_kernelcraft_net.h"
#include "device.h"

static bool can_ask(CraftNet *s)
{
    return craft_net_has(s, CRAFT_NET_F_GUEST_ANNOUNCE) &&
           craft_net_has(s, CRAFT_NET_F_CTRL_VQ);
}

static void ask(CraftNet *s)
{
    trace_craft_net_announce(s, s->announce.round);
    s->status |= CRAFT_NET_S_ANNOUNCE;
    virtio_notify_config(VIRTIO_DEVICE(s));
}

static void ask_once_more(void *opaque)
{
    CraftNet *s = opaque;

    s->announce.round--;
    ask(s);
}

/* On command, as announce-self of QMP */
void craft_net_announce(NetClientState *nc)
{
    CraftNet *s = qemu_get_nic_opaque(nc);

    /* The rounds after a migration do the same */
    if (!s->announce.round && can_ask(s)) {
        ask(s);
    }
}

/* Upon a migration as often, and in such steps, as its parameters say */
void craft_net_announce_moved(CraftNet *s)
{
    if (!can_ask(s)) {
        return;
    }
    qemu_announce_timer_reset(&s->announce, migrate_announce_params(),
                              QEMU_CLOCK_VIRTUAL, ask_once_more, s);
    if (s->announce.round) {
        timer_mod(s->announce.tm, qemu_clock_get_ms(s->announce.type));
    } else {
        qemu_announce_timer_del(&s->announce, false);
    }
}

void craft_net_announced(CraftNet *s)
{
    s->status &= ~CRAFT_NET_S_ANNOUNCE;
    if (s->announce.round) {
        qemu_announce_timer_step(&s->announce);
    }
}
