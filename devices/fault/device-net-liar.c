/*
 * virtio-net-liar: a virtio-net device that sends back to its driver each
 * packet that it is given, and lies about it, each time in the way that its
 * property lie says: in the configuration, in a used length, in the packet's
 * header, or in how many buffers it fills. Or it does not answer. Its address
 * ends with the number of the lie.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/iov.h"
#include "qemu/module.h"
#include "device-liar.h"
#include "../net/abi.h"

#define LIAR_QUEUE_SIZE 64
#define LIAR_PACKET     2048
#define LIAR_LONG       1000    /* a packet of so much makes it change */

#define TYPE_VIRTIO_NET_LIAR "virtio-net-liar-device"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIONetLiar, VIRTIO_NET_LIAR)

typedef struct LiarPacket {
    struct craft_net_hdr hdr;
    uint8_t data[LIAR_PACKET];
} LiarPacket;

typedef struct LiarAnswer {
    struct craft_net_hdr *hdr;
    VirtQueueElement *elem;
    uint32_t used;
    bool empty;     /* the next buffer belongs to it, with nothing in it */
    bool twice;
    bool broken;    /* DEVICE_NEEDS_RESET instead of an answer */
} LiarAnswer;

typedef struct LiarLie {
    const char *name;
    uint64_t features;
    void (*config)(VirtIONetLiar *s, struct craft_net_config *c);
    void (*answer)(LiarAnswer *answer);
    bool unsent;    /* packets to be sent are never used */
    bool swallows;  /* buffers to receive with are taken and never used */
    bool silent;    /* commands are not answered */
    bool wordless;  /* ... or without an acknowledgement */
    uint8_t ack;
    bool changes;   /* the configuration does, with a long packet */
} LiarLie;

struct VirtIONetLiar {
    Liar liar;
    VirtQueue *rx;
    VirtQueue *tx;
    VirtQueue *control;
    const LiarLie *lie;
    bool changed;
};

static void config_mac(VirtIONetLiar *s, struct craft_net_config *c)
{
    memset(c->mac, 0xff, sizeof(c->mac));
}

static void config_mtu(VirtIONetLiar *s, struct craft_net_config *c)
{
    c->mtu = cpu_to_le16(1);
}

static void config_pairs(VirtIONetLiar *s, struct craft_net_config *c)
{
    c->max_pairs = cpu_to_le16(UINT16_MAX);
}

/* One of the two is what the standard has no meaning for, the other is not. */
static void config_link(struct craft_net_config *c, bool bad_speed)
{
    c->speed = cpu_to_le32(bad_speed ? 0x80000000 : 0x7fffffff);
    c->duplex = bad_speed ? CRAFT_NET_DUPLEX_FULL : 2;
}

static void config_speed(VirtIONetLiar *s, struct craft_net_config *c)
{
    config_link(c, !s->changed);
}

static void config_duplex(VirtIONetLiar *s, struct craft_net_config *c)
{
    config_link(c, s->changed);
}

static void config_restless(VirtIONetLiar *s, struct craft_net_config *c)
{
    VIRTIO_DEVICE(s)->generation++;
}

static void answer_used_none(LiarAnswer *a)
{
    a->used = 0;
}

static void answer_used_short(LiarAnswer *a)
{
    a->used = sizeof(*a->hdr) + 1;
}

static void answer_used_huge(LiarAnswer *a)
{
    a->used = UINT32_MAX;
}

static void answer_buffers_none(LiarAnswer *a)
{
    a->hdr->num_buffers = 0;
}

static void answer_buffers_many(LiarAnswer *a)
{
    a->hdr->num_buffers = cpu_to_le16(UINT16_MAX);
}

static void answer_buffers_empty(LiarAnswer *a)
{
    a->hdr->num_buffers = cpu_to_le16(2);
    a->empty = true;
}

static void answer_csum_start(LiarAnswer *a)
{
    a->hdr->flags = CRAFT_NET_HDR_NEEDS_CSUM;
    a->hdr->csum_start = cpu_to_le16(UINT16_MAX);
}

static void answer_gso_type(LiarAnswer *a)
{
    a->hdr->gso_type = 99;
}

/* What Linux means something else by */
static void answer_gso_huge(LiarAnswer *a)
{
    a->hdr->gso_type = CRAFT_NET_GSO_TCPV4;
    a->hdr->gso_size = cpu_to_le16(UINT16_MAX);
}

static void answer_bad_id(LiarAnswer *a)
{
    a->elem->index = UINT16_MAX;
}

static void answer_twice(LiarAnswer *a)
{
    a->twice = true;
}

static void answer_needs_reset(LiarAnswer *a)
{
    a->broken = true;
}

#define BIT_OF(feature) (1ull << CRAFT_NET_F_ ## feature)

static const LiarLie liar_lies[] = {
    { "none" },
    { "mac", .config = config_mac },
    { "mtu", BIT_OF(MTU), config_mtu },
    { "pairs", BIT_OF(MQ), config_pairs },
    { "restless", .config = config_restless },
    { "used-none", .answer = answer_used_none },
    { "used-short", .answer = answer_used_short },
    { "used-huge", .answer = answer_used_huge },
    { "buffers-none", .answer = answer_buffers_none },
    { "buffers-many", .answer = answer_buffers_many },
    { "buffers-empty", .answer = answer_buffers_empty },
    { "csum-start", .answer = answer_csum_start },
    { "gso-type", .answer = answer_gso_type },
    { "gso-huge", .answer = answer_gso_huge },
    { "bad-id", .answer = answer_bad_id },
    { "twice", .answer = answer_twice },
    { "needs-reset", .answer = answer_needs_reset },
    { "unsent", .unsent = true },
    { "ctrl-silent", .silent = true },
    { "ctrl-wordless", .wordless = true },
    { "ctrl-error", .ack = CRAFT_NET_ACK_ERR },
    { "swallows", .swallows = true },
    { "speed", BIT_OF(SPEED_DUPLEX), config_speed, .changes = true },
    { "duplex", BIT_OF(SPEED_DUPLEX), config_duplex, .changes = true },
};

static void liar_complete(VirtIONetLiar *s, const LiarAnswer *a)
{
    VirtQueueElement *next = NULL;

    if (a->broken) {
        virtio_error(VIRTIO_DEVICE(s), "virtio-net-liar: lie=%s",
                     s->lie->name);
        virtqueue_detach_element(s->rx, a->elem, 0);
        return;
    }
    virtqueue_push(s->rx, a->elem, a->used);
    if (a->twice) {
        virtqueue_push(s->rx, a->elem, a->used);
    }
    if (a->empty) {
        next = virtqueue_pop(s->rx, sizeof(*next));
    }
    if (next) {
        virtqueue_push(s->rx, next, 0);
        g_free(next);
    }
}

/* Without a buffer for it the packet is lost, as on any network. */
static void liar_send_back(VirtIONetLiar *s, LiarPacket *packet, size_t len)
{
    VirtQueueElement *elem = virtqueue_pop(s->rx, sizeof(*elem));
    LiarAnswer answer = { &packet->hdr, elem, sizeof(packet->hdr) + len };

    if (!elem) {
        return;
    }
    if (s->lie->swallows) {
        virtqueue_detach_element(s->rx, elem, 0);
        g_free(elem);
        return;
    }
    packet->hdr = (struct craft_net_hdr) { .num_buffers = cpu_to_le16(1) };
    if (s->lie->answer) {
        s->lie->answer(&answer);
    }
    iov_from_buf(elem->in_sg, elem->in_num, 0, packet,
                 sizeof(packet->hdr) + len);
    liar_complete(s, &answer);
    g_free(elem);
    virtio_notify(VIRTIO_DEVICE(s), s->rx);
}

static void liar_change(VirtIONetLiar *s)
{
    s->changed = true;
    virtio_notify_config(VIRTIO_DEVICE(s));
}

static void liar_handle_tx(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIONetLiar *s = VIRTIO_NET_LIAR(vdev);
    g_autofree LiarPacket *packet = g_new0(LiarPacket, 1);
    VirtQueueElement *elem;
    size_t len;

    while ((elem = virtqueue_pop(vq, sizeof(*elem)))) {
        len = iov_to_buf(elem->out_sg, elem->out_num, 0, packet,
                         sizeof(*packet));
        if (s->lie->changes && len >= LIAR_LONG) {
            liar_change(s);
        }
        if (s->lie->unsent) {
            virtqueue_detach_element(vq, elem, 0);
        } else {
            virtqueue_push(vq, elem, 0);
            liar_send_back(s, packet, len - MIN(len, sizeof(packet->hdr)));
        }
        g_free(elem);
    }
    virtio_notify(vdev, vq);
}

static void liar_handle_rx(VirtIODevice *vdev, VirtQueue *vq)
{
}

static void liar_handle_control(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIONetLiar *s = VIRTIO_NET_LIAR(vdev);
    VirtQueueElement *elem;

    while ((elem = virtqueue_pop(vq, sizeof(*elem)))) {
        if (s->lie->silent) {
            virtqueue_detach_element(vq, elem, 0);
        } else if (s->lie->wordless) {
            virtqueue_push(vq, elem, 0);
        } else {
            iov_from_buf(elem->in_sg, elem->in_num, 0, &s->lie->ack, 1);
            virtqueue_push(vq, elem, 1);
        }
        g_free(elem);
    }
    virtio_notify(vdev, vq);
}

static void liar_get_config(VirtIODevice *vdev, uint8_t *data)
{
    VirtIONetLiar *s = VIRTIO_NET_LIAR(vdev);
    struct craft_net_config config = {
        .mac = { 0x52, 0x54, 0, 0, 0, s->lie - liar_lies },
        .status = cpu_to_le16(CRAFT_NET_S_LINK_UP),
    };

    if (s->lie->config) {
        s->lie->config(s, &config);
    }
    memcpy(data, &config, sizeof(config));
}

static uint64_t liar_get_features(VirtIODevice *vdev, uint64_t features,
                                  Error **errp)
{
    return features | BIT_OF(MAC) | BIT_OF(STATUS) | BIT_OF(MRG_RXBUF) |
           BIT_OF(GUEST_CSUM) | BIT_OF(GUEST_TSO4) | BIT_OF(CTRL_VQ) |
           BIT_OF(CTRL_RX) | BIT_OF(CTRL_MAC_ADDR) |
           VIRTIO_NET_LIAR(vdev)->lie->features;
}

static void liar_realize(DeviceState *dev, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    VirtIONetLiar *s = VIRTIO_NET_LIAR(dev);

    s->lie = liar_choose(&s->liar, liar_lies, G_N_ELEMENTS(liar_lies),
                         sizeof(*liar_lies), errp);
    if (!s->lie) {
        return;
    }
    virtio_init(vdev, VIRTIO_ID_NET, sizeof(struct craft_net_config));
    s->rx = virtio_add_queue(vdev, LIAR_QUEUE_SIZE, liar_handle_rx);
    s->tx = virtio_add_queue(vdev, LIAR_QUEUE_SIZE, liar_handle_tx);
    s->control = virtio_add_queue(vdev, LIAR_QUEUE_SIZE, liar_handle_control);
}

static void liar_unrealize(DeviceState *dev)
{
    VirtIONetLiar *s = VIRTIO_NET_LIAR(dev);

    virtio_delete_queue(s->control);
    virtio_delete_queue(s->tx);
    virtio_delete_queue(s->rx);
    virtio_cleanup(VIRTIO_DEVICE(dev));
}

static void liar_class_init(ObjectClass *klass, ClassData *data)
{
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);

    liar_class_setup(klass, "virtio-net that lies to its driver");
    vdc->realize = liar_realize;
    vdc->unrealize = liar_unrealize;
    vdc->get_features = liar_get_features;
    vdc->get_config = liar_get_config;
}

static const TypeInfo liar_info = {
    .name = TYPE_VIRTIO_NET_LIAR,
    .parent = TYPE_VIRTIO_DEVICE,
    .instance_size = sizeof(VirtIONetLiar),
    .class_init = liar_class_init,
};

static void liar_register(void)
{
    type_register_static(&liar_info);
}

type_init(liar_register)
