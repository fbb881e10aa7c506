/*
 * craft-net: a virtio network device on QEMU's netdevs. README.md beside this
 * file is its datasheet, abi.h says what goes over the queues.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "hw/qdev-core.h"
#include "system/runstate.h"
#include "system/system.h"
#include "trace/trace-hw_virtio_kernelcraft_net.h"
#include "device.h"

static void each_port(CraftNet *s, void (*call)(NetClientState *nc))
{
    unsigned int i;

    for (i = 0; i < s->num_ports; i++) {
        call(qemu_get_subqueue(s->nic, i));
    }
}

static void craft_net_link_changed(NetClientState *nc)
{
    CraftNet *s = qemu_get_nic_opaque(nc);
    uint16_t status = s->status & ~CRAFT_NET_S_LINK_UP;

    if (!nc->link_down) {
        status |= CRAFT_NET_S_LINK_UP;
    }
    if (s->nic->peer_deleted) {
        each_port(s, qemu_purge_queued_packets);
    }
    if (status != s->status) {
        trace_craft_net_link(s, status);
        s->status = status;
        virtio_notify_config(VIRTIO_DEVICE(s));
    }
}

static NetClientInfo craft_net_client = {
    .type = NET_CLIENT_DRIVER_NIC,
    .size = sizeof(NICState),
    .can_receive = craft_net_can_receive,
    .receive = craft_net_receive,
    .receive_iov = craft_net_receive_iov,
    .link_status_changed = craft_net_link_changed,
    .query_rx_filter = craft_net_query_filter,
    .announce = craft_net_announce,
};

static StatusResult craft_net_set_status(VirtIODevice *vdev, uint8_t status)
{
    CraftNet *s = CRAFT_NET(vdev);

    if (status & ~vdev->status & VIRTIO_CONFIG_S_FEATURES_OK) {
        craft_net_set_offloads(s, craft_net_known_offloads(s));
    }
    if (vdev->vm_running && (status & VIRTIO_CONFIG_S_DRIVER_OK)) {
        craft_net_look_again(s);
    }
    return STATUS_TAKEN;
}

static void flush_or_purge(NetClientState *nc)
{
    qemu_flush_or_purge_queued_packets(nc, true);
}

static void craft_net_reset(VirtIODevice *vdev)
{
    CraftNet *s = CRAFT_NET(vdev);

    trace_craft_net_reset(s);
    craft_net_reset_queues(s);
    each_port(s, flush_or_purge);
    qemu_announce_timer_del(&s->announce, false);
    s->announce.round = 0;
    s->status &= ~CRAFT_NET_S_ANNOUNCE;
    s->tx_coal = s->rx_coal = (CraftNetCoal) { 0 };
    memset(&s->rss, 0, sizeof(s->rss));
    memset(s->flows, 0, sizeof(s->flows));
    memcpy(s->mac, s->conf.macaddr.a, sizeof(s->mac));
    craft_net_reset_filter(s);
    craft_net_set_offloads(s, 0);
    s->pairs = 1;
    craft_net_use_ports(s);
}

static void craft_net_vm_changed(void *opaque, bool running, RunState state)
{
    if (running) {
        craft_net_look_again(opaque);
    } else {
        craft_net_pause(opaque);
    }
}

/* After all else of the stream, so that the features are known */
static int craft_net_post_load(VirtIODevice *vdev)
{
    CraftNet *s = CRAFT_NET(vdev);
    unsigned int i;

    for (i = 0; i < s->num_ports; i++) {
        qemu_get_subqueue(s->nic, i)->link_down =
            !(s->status & CRAFT_NET_S_LINK_UP);
    }
    if (s->offloads & ~craft_net_known_offloads(s)) {
        return -EINVAL;
    }
    craft_net_set_offloads(s, s->offloads);
    craft_net_use_ports(s);
    craft_net_announce_moved(s);
    return 0;
}

static const VMStateDescription vmstate_craft_net = {
    .name = "craft-net",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_VIRTIO_DEVICE,
        VMSTATE_END_OF_LIST()
    }
};

static bool takes_header(NetClientState *peer)
{
    return peer && qemu_has_vnet_hdr(peer) &&
           qemu_has_vnet_hdr_len(peer, sizeof(struct craft_net_hdr));
}

static void attach_netdev(CraftNet *s)
{
    DeviceState *dev = DEVICE(s);
    unsigned int i;

    qemu_macaddr_default_if_unset(&s->conf.macaddr);
    memcpy(s->mac, s->conf.macaddr.a, sizeof(s->mac));
    s->nic = qemu_new_nic(&craft_net_client, &s->conf,
                          s->model ?: TYPE_CRAFT_NET, s->name ?: dev->id,
                          &dev->mem_reentrancy_guard, s);
    s->num_ports = MAX(s->conf.peers.queues, 1);
    s->ports = g_new0(CraftNetPort, s->num_ports);
    s->peer_has_header = takes_header(qemu_get_queue(s->nic)->peer);
    for (i = 0; i < s->num_ports; i++) {
        NetClientState *nc = qemu_get_subqueue(s->nic, i);

        nc->do_not_pad = true;
        if (s->peer_has_header) {
            qemu_set_vnet_hdr_len(nc->peer, sizeof(struct craft_net_hdr));
            qemu_set_vnet_le(nc->peer, true);
        }
    }
    qemu_format_nic_info_str(qemu_get_queue(s->nic), s->mac);
}

static void craft_net_realize(DeviceState *dev, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    CraftNet *s = CRAFT_NET(dev);

    if (!craft_net_check_properties(s, errp)) {
        return;
    }
    virtio_init(vdev, VIRTIO_ID_NET, sizeof(struct craft_net_config));
    s->num_queues = CRAFT_NET_VQ_CTRL(s->max_pairs) + 1;
    s->status = CRAFT_NET_S_LINK_UP;
    s->pairs = 1;
    s->frame = g_malloc(CRAFT_NET_FRAME_MAX);
    craft_net_add_queues(s);
    attach_netdev(s);
    /* After virtio_init(), whose own handler is called before this one */
    s->vm_change = add_vm_change_handler(dev, craft_net_vm_changed, s);
}

static void craft_net_unrealize(DeviceState *dev)
{
    CraftNet *s = CRAFT_NET(dev);

    qemu_del_vm_change_state_handler(s->vm_change);
    qemu_announce_timer_del(&s->announce, false);
    craft_net_reset_queues(s);
    each_port(s, qemu_purge_queued_packets);
    craft_net_delete_queues(s);
    qemu_del_nic(s->nic);
    g_free(s->ports);
    g_free(s->frame);
    virtio_cleanup(VIRTIO_DEVICE(dev));
}

static void craft_net_init(Object *obj)
{
    CraftNet *s = CRAFT_NET(obj);

    device_add_bootindex_property(obj, &s->conf.bootindex, "bootindex",
                                  "/ethernet-phy@0", DEVICE(obj));
}

static void craft_net_class_init(ObjectClass *klass, ClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);

    dc->desc = "craft-net: " CRAFT_NET_DESC;
    dc->vmsd = &vmstate_craft_net;
    set_bit(DEVICE_CATEGORY_NETWORK, dc->categories);
    craft_net_add_properties(dc);
    vdc->realize = craft_net_realize;
    vdc->unrealize = craft_net_unrealize;
    vdc->get_features = craft_net_get_features;
    vdc->get_config = craft_net_get_config;
    vdc->set_status = craft_net_set_status;
    vdc->reset = craft_net_reset;
    vdc->queue_reset = craft_net_queue_reset;
    vdc->queue_enable = craft_net_queue_enable;
    vdc->post_load = craft_net_post_load;
    vdc->vmsd = &craft_net_vmstate;
}

static const TypeInfo craft_net_info = {
    .name = TYPE_CRAFT_NET,
    .parent = TYPE_VIRTIO_DEVICE,
    .instance_size = sizeof(CraftNet),
    .instance_init = craft_net_init,
    .class_init = craft_net_class_init,
};

static void craft_net_register(void)
{
    type_register_static(&craft_net_info);
}

type_init(craft_net_register)
