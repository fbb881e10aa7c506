/*
 * craft-net: what the standard forbids a driver and does the device no harm. A
 * driver's author sees it with -d guest_errors; without, nothing is looked at.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/log.h"
#include "net/eth.h"
#include "device.h"

static bool may_be_cut(CraftNet *s, uint8_t gso_type)
{
    bool ecn = gso_type & CRAFT_NET_GSO_ECN;

    switch (gso_type & ~CRAFT_NET_GSO_ECN) {
    case CRAFT_NET_GSO_NONE:
        return !ecn;
    case CRAFT_NET_GSO_TCPV4:
        return craft_net_has(s, CRAFT_NET_F_HOST_TSO4) &&
               (!ecn || craft_net_has(s, CRAFT_NET_F_HOST_ECN));
    case CRAFT_NET_GSO_TCPV6:
        return craft_net_has(s, CRAFT_NET_F_HOST_TSO6) &&
               (!ecn || craft_net_has(s, CRAFT_NET_F_HOST_ECN));
    case CRAFT_NET_GSO_UDP_L4:
        return !ecn && craft_net_has(s, CRAFT_NET_F_HOST_USO);
    }
    return false;
}

/* A tag counts as a part of the link's header, which is there or not */
static bool fits_mtu(CraftNet *s, size_t len)
{
    return !craft_net_has(s, CRAFT_NET_F_MTU) ||
           len <= s->mtu + sizeof(struct eth_header) +
                      sizeof(struct vlan_header);
}

static const char *find_breach(CraftNet *s, const struct craft_net_hdr *hdr,
                               size_t len)
{
    bool needs_csum = hdr->flags & CRAFT_NET_HDR_NEEDS_CSUM;

    if (hdr->num_buffers) {
        return "num_buffers is not 0";
    }
    if (hdr->flags & ~CRAFT_NET_HDR_NEEDS_CSUM) {
        return "a flag is not the driver's to set";
    }
    if (needs_csum && !craft_net_has(s, CRAFT_NET_F_CSUM)) {
        return "NEEDS_CSUM without CSUM";
    }
    if (!may_be_cut(s, hdr->gso_type)) {
        return "this gso_type was not negotiated";
    }
    if (hdr->gso_type == CRAFT_NET_GSO_NONE) {
        return fits_mtu(s, len) ? NULL : "larger than the MTU";
    }
    if (!needs_csum) {
        return "gso_type without NEEDS_CSUM";
    }
    return hdr->gso_size ? NULL : "gso_type without gso_size";
}

/* @len is of the frame alone */
void craft_net_verify(CraftNetQueue *queue, const struct craft_net_hdr *hdr,
                      size_t len)
{
    const char *breach;

    if (!qemu_loglevel_mask(LOG_GUEST_ERROR)) {
        return;
    }
    breach = find_breach(queue->dev, hdr, len);
    if (breach) {
        qemu_log("craft-net: queue %u: %s: flags 0x%x, gso_type 0x%x, gso_size "
                 "%u, num_buffers %u, %zu bytes\n", craft_net_index(queue),
                 breach, hdr->flags, hdr->gso_type, le16_to_cpu(hdr->gso_size),
                 le16_to_cpu(hdr->num_buffers), len);
    }
}

/* @len is of the command's data */
void craft_net_verify_command(CraftNet *s, const struct craft_net_ctrl *ctrl,
                              size_t len, uint8_t ack)
{
    if (ack != CRAFT_NET_ACK_OK) {
        qemu_log_mask(LOG_GUEST_ERROR, "craft-net: command %u of class %u with "
                      "%zu bytes is refused\n", ctrl->command, ctrl->class,
                      len);
    } else if (ctrl->class == CRAFT_NET_CTRL_MAC &&
               !craft_net_has(s, CRAFT_NET_F_CTRL_RX)) {
        qemu_log_mask(LOG_GUEST_ERROR, "craft-net: command %u of class %u "
                      "without CTRL_RX\n", ctrl->command, ctrl->class);
    }
}
