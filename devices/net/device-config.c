/*
 * craft-net: features, the configuration, and the properties they come from.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "hw/qdev-properties.h"
#include "hw/qdev-properties-system.h"
#include "net/vhost_net.h"
#include "trace/trace-hw_virtio_kernelcraft_net.h"
#include "device.h"

#define QUEUE_MIN 16

#define BIT64(name) BIT_ULL(CRAFT_NET_F_##name)

#define GUEST_CUTS (BIT64(GUEST_TSO4) | BIT64(GUEST_TSO6) | \
                    BIT64(GUEST_ECN) | BIT64(GUEST_USO4) | BIT64(GUEST_USO6))
#define OFFLOADS (GUEST_CUTS | BIT64(GUEST_CSUM))
#define HOST_CUTS (BIT64(HOST_TSO4) | BIT64(HOST_TSO6) | BIT64(HOST_ECN) | \
                   BIT64(HOST_USO))
#define COMMANDS (BIT64(CTRL_RX) | BIT64(CTRL_VLAN) | BIT64(CTRL_RX_EXTRA) | \
                  BIT64(CTRL_MAC_ADDR) | BIT64(CTRL_GUEST_OFFLOADS) | \
                  BIT64(GUEST_ANNOUNCE) | BIT64(MQ) | BIT64(RSS) | \
                  BIT64(HASH_REPORT) | BIT64(NOTF_COAL) | BIT64(VQ_NOTF_COAL))

static NetClientState *peer_of(CraftNet *s)
{
    return qemu_get_queue(s->nic)->peer;
}

/* What the netdev leaves of it: cutting is ours, but nobody joins for us */
static uint64_t without_peer(CraftNet *s)
{
    if (!s->peer_has_header) {
        return GUEST_CUTS;
    }
    return qemu_has_uso(peer_of(s)) ? 0 : BIT64(HOST_USO) |
                                          BIT64(GUEST_USO4) |
                                          BIT64(GUEST_USO6);
}

/* A feature goes with the one that it requires */
static uint64_t without_base(uint64_t features)
{
    if (!(features & BIT64(CSUM))) {
        features &= ~HOST_CUTS;
    }
    if (!(features & BIT64(GUEST_CSUM))) {
        features &= ~GUEST_CUTS;
    }
    if (!(features & (BIT64(GUEST_TSO4) | BIT64(GUEST_TSO6)))) {
        features &= ~BIT64(GUEST_ECN);
    }
    if (!(features & (BIT64(HOST_TSO4) | BIT64(HOST_TSO6)))) {
        features &= ~BIT64(HOST_ECN);
    }
    if (!(features & BIT64(CTRL_VQ))) {
        features &= ~COMMANDS;
    }
    if (!(features & OFFLOADS)) {
        features &= ~BIT64(CTRL_GUEST_OFFLOADS);
    }
    return features;
}

uint64_t craft_net_get_features(VirtIODevice *vdev, uint64_t features,
                                Error **errp)
{
    CraftNet *s = CRAFT_NET(vdev);

    if (!virtio_has_feature(features, VIRTIO_F_VERSION_1)) {
        error_setg(errp, "craft-net is modern only, its bus is legacy; for "
                   "virtio-mmio use -global virtio-mmio.force-legacy=false");
        return features;
    }
    features |= BIT64(MAC);
    if (s->mtu) {
        features |= BIT64(MTU);
    }
    if (s->speed != -1 || s->duplex != CRAFT_NET_DUPLEX_UNKNOWN) {
        features |= BIT64(SPEED_DUPLEX);
    }
    if (s->max_pairs == 1) {
        features &= ~BIT64(MQ);
    }
    return without_base(features & ~without_peer(s));
}

uint64_t craft_net_known_offloads(CraftNet *s)
{
    return VIRTIO_DEVICE(s)->guest_features & OFFLOADS;
}

void craft_net_set_offloads(CraftNet *s, uint64_t offloads)
{
    trace_craft_net_offloads(s, offloads);
    s->offloads = offloads;
    if (s->peer_has_header && peer_of(s)) {
        set_peer_offloads(peer_of(s), offloads & BIT64(GUEST_CSUM),
                          offloads & BIT64(GUEST_TSO4),
                          offloads & BIT64(GUEST_TSO6),
                          offloads & BIT64(GUEST_ECN),
                          offloads & BIT64(GUEST_USO4),
                          offloads & BIT64(GUEST_USO6));
    }
}

void craft_net_get_config(VirtIODevice *vdev, uint8_t *data)
{
    CraftNet *s = CRAFT_NET(vdev);
    struct craft_net_config config = {
        .status = cpu_to_le16(s->status),
        .max_pairs = cpu_to_le16(s->max_pairs),
        .mtu = cpu_to_le16(s->mtu),
        .speed = cpu_to_le32(s->speed),
        .duplex = s->duplex,
    };

    memcpy(config.mac, s->mac, sizeof(config.mac));
    if (virtio_host_has_feature(vdev, CRAFT_NET_F_RSS) ||
        virtio_host_has_feature(vdev, CRAFT_NET_F_HASH_REPORT)) {
        config.rss_max_key_size = CRAFT_NET_RSS_KEY_BYTES;
        config.rss_max_table_length =
            cpu_to_le16(virtio_host_has_feature(vdev, CRAFT_NET_F_RSS)
                            ? CRAFT_NET_RSS_TABLE_LENGTH : 1);
        config.hash_types = cpu_to_le32(CRAFT_NET_HASHES);
    }
    memcpy(data, &config, sizeof(config));
}

static bool check_queue_size(const char *name, uint16_t size, Error **errp)
{
    if (size < QUEUE_MIN || size > VIRTQUEUE_MAX_SIZE ||
        !is_power_of_2(size)) {
        error_setg(errp, "%s is %u, it must be a power of two, %d to %d", name,
                   size, QUEUE_MIN, VIRTQUEUE_MAX_SIZE);
        return false;
    }
    return true;
}

static bool check_pairs(CraftNet *s, Error **errp)
{
    unsigned int ports = MAX(s->conf.peers.queues, 1);
    unsigned int most = (VIRTIO_QUEUE_MAX - 1) / 2;

    if (s->max_pairs == CRAFT_NET_AUTO_PAIRS) {
        s->max_pairs = ports;
    }
    if (s->max_pairs > most) {
        error_setg(errp, "queue-pairs is %u, it must be 1 to %u, or 0 for as "
                   "many as the netdev has queues", s->max_pairs, most);
        return false;
    }
    if (ports > 1 && s->max_pairs != ports) {
        error_setg(errp, "queue-pairs is %u, but the netdev has %u queues",
                   s->max_pairs, ports);
        return false;
    }
    if (s->conf.peers.ncs[0] && get_vhost_net(s->conf.peers.ncs[0])) {
        error_setg(errp, "craft-net serves its queues itself; use a netdev "
                   "without vhost");
        return false;
    }
    return true;
}

static bool check_link(CraftNet *s, Error **errp)
{
    if (s->mtu && s->mtu < CRAFT_NET_MTU_MIN) {
        error_setg(errp, "host_mtu is %u, it must be 0 for none, or %d to "
                   "65535", s->mtu, CRAFT_NET_MTU_MIN);
        return false;
    }
    if (s->speed < -1) {
        error_setg(errp, "speed is %d, it must be -1 for unknown, or Mbit/s",
                   s->speed);
        return false;
    }
    s->duplex = CRAFT_NET_DUPLEX_UNKNOWN;
    if (!g_strcmp0(s->duplex_name, "half")) {
        s->duplex = CRAFT_NET_DUPLEX_HALF;
    } else if (!g_strcmp0(s->duplex_name, "full")) {
        s->duplex = CRAFT_NET_DUPLEX_FULL;
    } else if (s->duplex_name) {
        error_setg(errp, "duplex is '%s', it must be half or full",
                   s->duplex_name);
        return false;
    }
    return true;
}

bool craft_net_check_properties(CraftNet *s, Error **errp)
{
    if (!s->tx_burst) {
        error_setg(errp, "x-txburst is 0, it must be 1 or more");
        return false;
    }
    return check_queue_size("rx_queue_size", s->rx_queue_size, errp) &&
           check_queue_size("tx_queue_size", s->tx_queue_size, errp) &&
           check_pairs(s, errp) && check_link(s, errp);
}

#define FEATURE(name, bit, is_on) \
    DEFINE_PROP_BIT64(name, CraftNet, parent_obj.host_features, \
                      CRAFT_NET_F_##bit, is_on)

/* Named as the stock device's are, so that one can stand in for the other */
static const Property craft_net_properties[] = {
    DEFINE_NIC_PROPERTIES(CraftNet, conf),
    FEATURE("csum", CSUM, true),
    FEATURE("guest_csum", GUEST_CSUM, true),
    FEATURE("guest_tso4", GUEST_TSO4, true),
    FEATURE("guest_tso6", GUEST_TSO6, true),
    FEATURE("guest_ecn", GUEST_ECN, true),
    FEATURE("guest_uso4", GUEST_USO4, true),
    FEATURE("guest_uso6", GUEST_USO6, true),
    FEATURE("host_tso4", HOST_TSO4, true),
    FEATURE("host_tso6", HOST_TSO6, true),
    FEATURE("host_ecn", HOST_ECN, true),
    FEATURE("host_uso", HOST_USO, true),
    FEATURE("mrg_rxbuf", MRG_RXBUF, true),
    FEATURE("status", STATUS, true),
    FEATURE("ctrl_vq", CTRL_VQ, true),
    FEATURE("ctrl_rx", CTRL_RX, true),
    FEATURE("ctrl_vlan", CTRL_VLAN, true),
    FEATURE("ctrl_rx_extra", CTRL_RX_EXTRA, true),
    FEATURE("ctrl_mac_addr", CTRL_MAC_ADDR, true),
    FEATURE("ctrl_guest_offloads", CTRL_GUEST_OFFLOADS, true),
    FEATURE("guest_announce", GUEST_ANNOUNCE, true),
    FEATURE("mq", MQ, true),
    FEATURE("rss", RSS, false),
    FEATURE("hash", HASH_REPORT, false),
    FEATURE("notf_coal", NOTF_COAL, true),
    FEATURE("vq_notf_coal", VQ_NOTF_COAL, true),
    DEFINE_PROP_UINT16("queue-pairs", CraftNet, max_pairs,
                       CRAFT_NET_AUTO_PAIRS),
    DEFINE_PROP_UINT16("rx_queue_size", CraftNet, rx_queue_size, 256),
    DEFINE_PROP_UINT16("tx_queue_size", CraftNet, tx_queue_size, 256),
    DEFINE_PROP_UINT16("host_mtu", CraftNet, mtu, 0),
    DEFINE_PROP_INT32("speed", CraftNet, speed, -1),
    DEFINE_PROP_STRING("duplex", CraftNet, duplex_name),
    DEFINE_PROP_UINT32("x-txburst", CraftNet, tx_burst, 256),
};

void craft_net_add_properties(DeviceClass *dc)
{
    device_class_set_props(dc, craft_net_properties);
}
