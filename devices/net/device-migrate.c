/*
 * craft-net: what goes along when the VM is saved or moved.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "migration/qemu-file-types.h"
#include "device.h"

/* A packet that the peer did not take any more, or room that is taken */
static int put_held(QEMUFile *f, void *pv, size_t size,
                    const VMStateField *field, JSONWriter *vmdesc)
{
    CraftNet *s = container_of(pv, CraftNet, queues);
    CraftNetBuffer *held;
    unsigned int i;

    for (i = 0; i < s->num_queues; i++) {
        QSIMPLEQ_FOREACH(held, &s->queues[i].held, next) {
            qemu_put_be32(f, i);
            qemu_put_be32(f, held->sent);
            qemu_put_virtqueue_element(VIRTIO_DEVICE(s), f, &held->elem);
        }
    }
    qemu_put_be32(f, UINT32_MAX);
    return 0;
}

static int get_held(QEMUFile *f, void *pv, size_t size,
                    const VMStateField *field)
{
    CraftNet *s = container_of(pv, CraftNet, queues);
    unsigned int count = 0;
    CraftNetBuffer *held;
    uint32_t i, sent;

    while ((i = qemu_get_be32(f)) != UINT32_MAX) {
        if (i >= s->num_queues ||
            count++ >= s->num_queues * VIRTQUEUE_MAX_SIZE) {
            return -EINVAL;
        }
        sent = qemu_get_be32(f);
        held = qemu_get_virtqueue_element(VIRTIO_DEVICE(s), f, sizeof(*held));
        held->sent = sent;
        QSIMPLEQ_INSERT_TAIL(&s->queues[i].held, held, next);
        s->queues[i].room += iov_size(held->elem.in_sg, held->elem.in_num);
    }
    return 0;
}

static const VMStateInfo held_info = {
    .name = "craft-net buffers that are taken",
    .get = get_held,
    .put = put_held,
};

static const VMStateDescription vmstate_coal = {
    .name = "craft-net-coal",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(max_packets, CraftNetCoal),
        VMSTATE_UINT32(max_usecs, CraftNetCoal),
        VMSTATE_END_OF_LIST()
    }
};

static const VMStateDescription vmstate_queue = {
    .name = "craft-net-queue",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_BOOL(stopped, CraftNetQueue),
        VMSTATE_STRUCT(coal, CraftNetQueue, 1, vmstate_coal, CraftNetCoal),
        VMSTATE_END_OF_LIST()
    }
};

static bool macs_are_valid(void *opaque, int version_id)
{
    CraftNetMacs *list = opaque;

    return list->count <= CRAFT_NET_MACS_MAX;
}

static const VMStateDescription vmstate_macs = {
    .name = "craft-net-macs",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(count, CraftNetMacs),
        VMSTATE_VALIDATE("count is in range", macs_are_valid),
        VMSTATE_BOOL(overflow, CraftNetMacs),
        VMSTATE_UINT8_2DARRAY(macs, CraftNetMacs, CRAFT_NET_MACS_MAX,
                              CRAFT_NET_MAC_BYTES),
        VMSTATE_END_OF_LIST()
    }
};

static const VMStateDescription vmstate_rss = {
    .name = "craft-net-rss",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_BOOL(on, CraftNetRss),
        VMSTATE_BOOL(steers, CraftNetRss),
        VMSTATE_UINT32(hash_types, CraftNetRss),
        VMSTATE_UINT16(table_mask, CraftNetRss),
        VMSTATE_UINT16(unclassified, CraftNetRss),
        VMSTATE_UINT16_ARRAY(table, CraftNetRss, CRAFT_NET_RSS_TABLE_LENGTH),
        VMSTATE_UINT8_ARRAY(key, CraftNetRss, CRAFT_NET_RSS_KEY_BYTES),
        VMSTATE_END_OF_LIST()
    }
};

/* A stream may have been made up: what indexes an array must fit it */
static bool state_is_valid(void *opaque, int version_id)
{
    CraftNet *s = opaque;
    unsigned int i;

    if (!s->pairs || s->pairs > s->max_pairs ||
        s->rss.table_mask >= CRAFT_NET_RSS_TABLE_LENGTH ||
        s->rss.unclassified >= s->max_pairs) {
        return false;
    }
    for (i = 0; i < CRAFT_NET_RSS_TABLE_LENGTH; i++) {
        if (s->rss.table[i] >= s->max_pairs) {
            return false;
        }
    }
    return true;
}

const VMStateDescription craft_net_vmstate = {
    .name = "craft-net-device",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_SAME_UINT16(max_pairs, CraftNet,
                            "queue-pairs must be the same on both sides"),
        VMSTATE_UINT16(pairs, CraftNet),
        VMSTATE_UINT16(status, CraftNet),
        VMSTATE_UINT64(offloads, CraftNet),
        VMSTATE_UINT8_ARRAY(mac, CraftNet, CRAFT_NET_MAC_BYTES),
        VMSTATE_BOOL(promisc, CraftNet),
        VMSTATE_BOOL(allmulti, CraftNet),
        VMSTATE_BOOL(alluni, CraftNet),
        VMSTATE_BOOL(nomulti, CraftNet),
        VMSTATE_BOOL(nouni, CraftNet),
        VMSTATE_BOOL(nobcast, CraftNet),
        VMSTATE_STRUCT(unicast, CraftNet, 1, vmstate_macs, CraftNetMacs),
        VMSTATE_STRUCT(multicast, CraftNet, 1, vmstate_macs, CraftNetMacs),
        VMSTATE_UINT32_ARRAY(vlans, CraftNet, CRAFT_NET_VLANS / 32),
        VMSTATE_STRUCT(tx_coal, CraftNet, 1, vmstate_coal, CraftNetCoal),
        VMSTATE_STRUCT(rx_coal, CraftNet, 1, vmstate_coal, CraftNetCoal),
        VMSTATE_STRUCT(rss, CraftNet, 1, vmstate_rss, CraftNetRss),
        VMSTATE_VALIDATE("what the driver set is in range", state_is_valid),
        VMSTATE_UINT16_ARRAY(flows, CraftNet, CRAFT_NET_FLOWS),
        VMSTATE_STRUCT_VARRAY_POINTER_UINT16(queues, CraftNet, num_queues,
                                             vmstate_queue, CraftNetQueue),
        VMSTATE_SINGLE(queues, CraftNet, 1, held_info, CraftNetQueue *),
        VMSTATE_END_OF_LIST()
    }
};
