/*
 * craft-net: which packets the driver wants to receive.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/qapi-types-net.h"
#include "qapi/util.h"
#include "net/eth.h"
#include "device.h"

/* Until the driver says more, all is received: it may have no control queue */
void craft_net_reset_filter(CraftNet *s)
{
    s->promisc = true;
    s->allmulti = s->alluni = false;
    s->nomulti = s->nouni = s->nobcast = false;
    memset(&s->unicast, 0, sizeof(s->unicast));
    memset(&s->multicast, 0, sizeof(s->multicast));
    memset(s->vlans, 0, sizeof(s->vlans));
}

static bool is_in(const CraftNetMacs *list, const uint8_t *mac)
{
    unsigned int i;

    for (i = 0; i < list->count; i++) {
        if (!memcmp(list->macs[i], mac, CRAFT_NET_MAC_BYTES)) {
            return true;
        }
    }
    return list->overflow;
}

static bool vlan_passes(CraftNet *s, const uint8_t *head, size_t len)
{
    unsigned int id;

    if (len < 16 || lduw_be_p(head + 12) != ETH_P_VLAN ||
        !craft_net_has(s, CRAFT_NET_F_CTRL_VLAN)) {
        return true;
    }
    id = lduw_be_p(head + 14) & (CRAFT_NET_VLANS - 1);
    return s->vlans[id / 32] & (1u << id % 32);
}

bool craft_net_passes_filter(CraftNet *s, const uint8_t *head, size_t len)
{
    static const uint8_t broadcast[CRAFT_NET_MAC_BYTES] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff
    };

    if (s->promisc) {
        return true;
    }
    if (!vlan_passes(s, head, len)) {
        return false;
    }
    if (!memcmp(head, broadcast, sizeof(broadcast))) {
        return !s->nobcast;
    }
    if (head[0] & 1) {
        return !s->nomulti && (s->allmulti || is_in(&s->multicast, head));
    }
    return !s->nouni &&
           (s->alluni || !memcmp(head, s->mac, sizeof(s->mac)) ||
            is_in(&s->unicast, head));
}

bool craft_net_set_rx_mode(CraftNet *s, unsigned int command, bool on)
{
    bool *const modes[] = {
        [CRAFT_NET_CTRL_RX_PROMISC] = &s->promisc,
        [CRAFT_NET_CTRL_RX_ALLMULTI] = &s->allmulti,
        [CRAFT_NET_CTRL_RX_ALLUNI] = &s->alluni,
        [CRAFT_NET_CTRL_RX_NOMULTI] = &s->nomulti,
        [CRAFT_NET_CTRL_RX_NOUNI] = &s->nouni,
        [CRAFT_NET_CTRL_RX_NOBCAST] = &s->nobcast,
    };

    if (command >= ARRAY_SIZE(modes) ||
        !craft_net_has(s, command <= CRAFT_NET_CTRL_RX_ALLMULTI
                              ? CRAFT_NET_F_CTRL_RX
                              : CRAFT_NET_F_CTRL_RX_EXTRA)) {
        return false;
    }
    *modes[command] = on;
    return true;
}

/* Takes a list of addresses at *@at, and moves that behind it */
static bool take_macs(CraftNetMacs *list, const struct iovec *iov,
                      unsigned int num, size_t *at)
{
    size_t total = iov_size(iov, num), bytes;
    uint32_t count;

    if (iov_to_buf(iov, num, *at, &count, sizeof(count)) != sizeof(count)) {
        return false;
    }
    count = le32_to_cpu(count);
    *at += sizeof(count);
    if (count > (total - *at) / CRAFT_NET_MAC_BYTES) {
        return false;
    }
    bytes = (size_t)count * CRAFT_NET_MAC_BYTES;
    memset(list, 0, sizeof(*list));
    if (count > CRAFT_NET_MACS_MAX) {
        list->overflow = true;
    } else {
        list->count = count;
        iov_to_buf(iov, num, *at, list->macs, bytes);
    }
    *at += bytes;
    return true;
}

bool craft_net_set_macs(CraftNet *s, const struct iovec *iov, unsigned int num,
                        size_t offset)
{
    CraftNetMacs unicast, multicast;

    if (!take_macs(&unicast, iov, num, &offset) ||
        !take_macs(&multicast, iov, num, &offset) ||
        offset != iov_size(iov, num)) {
        return false;
    }
    s->unicast = unicast;
    s->multicast = multicast;
    return true;
}

bool craft_net_set_vlan(CraftNet *s, unsigned int id, bool on)
{
    if (id >= CRAFT_NET_VLANS) {
        return false;
    }
    if (on) {
        s->vlans[id / 32] |= 1u << id % 32;
    } else {
        s->vlans[id / 32] &= ~(1u << id % 32);
    }
    return true;
}

static strList *list_macs(const CraftNetMacs *from)
{
    strList *list = NULL;
    unsigned int i;

    for (i = from->count; i--;) {
        QAPI_LIST_PREPEND(list, qemu_mac_strdup_printf(from->macs[i]));
    }
    return list;
}

static intList *list_vlans(CraftNet *s)
{
    intList *list = NULL;
    unsigned int id;

    for (id = CRAFT_NET_VLANS; id--;) {
        if (s->vlans[id / 32] & (1u << id % 32)) {
            QAPI_LIST_PREPEND(list, id);
        }
    }
    return list;
}

static RxState state_of(bool none, bool all)
{
    return none ? RX_STATE_NONE : all ? RX_STATE_ALL : RX_STATE_NORMAL;
}

/* For query-rx-filter of QMP */
RxFilterInfo *craft_net_query_filter(NetClientState *nc)
{
    CraftNet *s = qemu_get_nic_opaque(nc);
    RxFilterInfo *info = g_new0(RxFilterInfo, 1);

    info->name = g_strdup(nc->name);
    info->promiscuous = s->promisc;
    info->unicast = state_of(s->nouni, s->alluni);
    info->multicast = state_of(s->nomulti, s->allmulti);
    info->broadcast_allowed = !s->nobcast;
    info->unicast_overflow = s->unicast.overflow;
    info->multicast_overflow = s->multicast.overflow;
    info->main_mac = qemu_mac_strdup_printf(s->mac);
    info->unicast_table = list_macs(&s->unicast);
    info->multicast_table = list_macs(&s->multicast);
    info->vlan_table = list_vlans(s);
    info->vlan = state_of(!info->vlan_table,
                          !craft_net_has(s, CRAFT_NET_F_CTRL_VLAN));
    if (!craft_net_has(s, CRAFT_NET_F_CTRL_VLAN)) {
        info->vlan = RX_STATE_ALL;
    }
    return info;
}
