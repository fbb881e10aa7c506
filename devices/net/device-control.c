/*
 * craft-net: the commands of the control queue.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "trace/trace-hw_virtio_kernelcraft_net.h"
#include "device.h"

/* Commands of a turn: a driver that sends them as fast must not hold us up */
#define COMMANDS_MAX 64

/* A command as the driver wrote it, and what goes back before the ack */
typedef struct Command {
    CraftNet *dev;
    const struct iovec *iov;
    unsigned int num;
    unsigned int command;
    size_t len;                 /* of its data */
    uint8_t answer[sizeof(struct craft_net_coal)];
    size_t answer_len;
} Command;

/* False: there is more, or less */
static bool take(const Command *c, void *data, size_t len)
{
    return c->len == len &&
           iov_to_buf(c->iov, c->num, sizeof(struct craft_net_ctrl), data,
                      len) == len;
}

static bool command_rx(Command *c)
{
    uint8_t on;

    return take(c, &on, sizeof(on)) &&
           craft_net_set_rx_mode(c->dev, c->command, on);
}

static bool command_mac(Command *c)
{
    CraftNet *s = c->dev;

    if (c->command == CRAFT_NET_CTRL_MAC_TABLE_SET &&
        craft_net_has(s, CRAFT_NET_F_CTRL_RX)) {
        return craft_net_set_macs(s, c->iov, c->num,
                                  sizeof(struct craft_net_ctrl));
    }
    if (c->command != CRAFT_NET_CTRL_MAC_ADDR_SET ||
        !craft_net_has(s, CRAFT_NET_F_CTRL_MAC_ADDR) ||
        !take(c, s->mac, sizeof(s->mac))) {
        return false;
    }
    qemu_format_nic_info_str(qemu_get_queue(s->nic), s->mac);
    return true;
}

static bool command_vlan(Command *c)
{
    __le16 id;

    return craft_net_has(c->dev, CRAFT_NET_F_CTRL_VLAN) &&
           c->command <= CRAFT_NET_CTRL_VLAN_DEL && take(c, &id, sizeof(id)) &&
           craft_net_set_vlan(c->dev, le16_to_cpu(id),
                              c->command == CRAFT_NET_CTRL_VLAN_ADD);
}

static bool command_announce(Command *c)
{
    if (c->command != CRAFT_NET_CTRL_ANNOUNCE_ACK || c->len ||
        !craft_net_has(c->dev, CRAFT_NET_F_GUEST_ANNOUNCE)) {
        return false;
    }
    craft_net_announced(c->dev);
    return true;
}

static bool set_pairs(Command *c)
{
    CraftNet *s = c->dev;
    __le16 pairs;

    if (!craft_net_has(s, CRAFT_NET_F_MQ) || !take(c, &pairs, sizeof(pairs)) ||
        !pairs || le16_to_cpu(pairs) > s->max_pairs) {
        return false;
    }
    craft_net_set_pairs(s, le16_to_cpu(pairs));
    s->rss.steers = false;
    return true;
}

static bool command_mq(Command *c)
{
    CraftNet *s = c->dev;
    size_t skip = sizeof(struct craft_net_ctrl);

    switch (c->command) {
    case CRAFT_NET_CTRL_MQ_PAIRS_SET:
        return set_pairs(c);
    case CRAFT_NET_CTRL_MQ_RSS_CONFIG:
        return craft_net_has(s, CRAFT_NET_F_RSS) &&
               craft_net_set_rss(s, c->iov, c->num, skip, true);
    case CRAFT_NET_CTRL_MQ_HASH_CONFIG:
        return craft_net_has(s, CRAFT_NET_F_HASH_REPORT) &&
               craft_net_set_rss(s, c->iov, c->num, skip, false);
    }
    return false;
}

static bool command_offloads(Command *c)
{
    CraftNet *s = c->dev;
    __le64 offloads;

    if (c->command != CRAFT_NET_CTRL_OFFLOADS_SET ||
        !craft_net_has(s, CRAFT_NET_F_CTRL_GUEST_OFFLOADS) ||
        !take(c, &offloads, sizeof(offloads)) ||
        (le64_to_cpu(offloads) & ~craft_net_known_offloads(s))) {
        return false;
    }
    craft_net_set_offloads(s, le64_to_cpu(offloads));
    return true;
}

static CraftNetCoal coal_of(const struct craft_net_coal *coal)
{
    return (CraftNetCoal) { le32_to_cpu(coal->max_packets),
                            le32_to_cpu(coal->max_usecs) };
}

static bool set_coal_of_all(Command *c, CraftNetCoal *initial,
                            unsigned int first)
{
    CraftNet *s = c->dev;
    struct craft_net_coal coal;
    unsigned int i;

    if (!craft_net_has(s, CRAFT_NET_F_NOTF_COAL) ||
        !take(c, &coal, sizeof(coal))) {
        return false;
    }
    *initial = coal_of(&coal);
    for (i = first; i < craft_net_control_index(s); i += 2) {
        craft_net_set_coal(&s->queues[i], *initial);
    }
    return true;
}

/* An enabled receive or transmit queue */
static CraftNetQueue *find_queue(CraftNet *s, __le16 index)
{
    unsigned int i = le16_to_cpu(index);

    return craft_net_has(s, CRAFT_NET_F_VQ_NOTF_COAL) &&
           i < craft_net_control_index(s) &&
           craft_net_is_running(&s->queues[i]) ? &s->queues[i] : NULL;
}

static bool set_coal_of_one(Command *c)
{
    struct craft_net_coal_vq coal;
    CraftNetQueue *queue;

    if (!take(c, &coal, sizeof(coal))) {
        return false;
    }
    queue = find_queue(c->dev, coal.vq);
    if (queue) {
        craft_net_set_coal(queue, coal_of(&coal.coal));
    }
    return queue;
}

static bool get_coal(Command *c)
{
    struct craft_net_coal_vq coal = { 0 };
    CraftNetQueue *queue;

    if (!take(c, &coal, offsetof(struct craft_net_coal_vq, coal))) {
        return false;
    }
    queue = find_queue(c->dev, coal.vq);
    if (queue) {
        coal.coal.max_packets = cpu_to_le32(queue->coal.max_packets);
        coal.coal.max_usecs = cpu_to_le32(queue->coal.max_usecs);
    }
    memcpy(c->answer, &coal.coal, sizeof(coal.coal));
    return queue;
}

static bool command_coal(Command *c)
{
    CraftNet *s = c->dev;

    switch (c->command) {
    case CRAFT_NET_CTRL_COAL_TX_SET:
        return set_coal_of_all(c, &s->tx_coal, CRAFT_NET_VQ_TX(0));
    case CRAFT_NET_CTRL_COAL_RX_SET:
        return set_coal_of_all(c, &s->rx_coal, CRAFT_NET_VQ_RX(0));
    case CRAFT_NET_CTRL_COAL_VQ_SET:
        return set_coal_of_one(c);
    case CRAFT_NET_CTRL_COAL_VQ_GET:
        return get_coal(c);
    }
    return false;
}

static bool (*const classes[])(Command *c) = {
    [CRAFT_NET_CTRL_RX] = command_rx,
    [CRAFT_NET_CTRL_MAC] = command_mac,
    [CRAFT_NET_CTRL_VLAN] = command_vlan,
    [CRAFT_NET_CTRL_ANNOUNCE] = command_announce,
    [CRAFT_NET_CTRL_MQ] = command_mq,
    [CRAFT_NET_CTRL_OFFLOADS] = command_offloads,
    [CRAFT_NET_CTRL_COAL] = command_coal,
};

/* False: nothing is asked, or there is nowhere to answer */
static bool answer(CraftNetQueue *queue, CraftNetBuffer *buffer)
{
    VirtQueueElement *elem = &buffer->elem;
    struct craft_net_ctrl ctrl;
    Command c = { queue->dev, elem->out_sg, elem->out_num };
    uint8_t ack = CRAFT_NET_ACK_ERR;

    if (iov_to_buf(c.iov, c.num, 0, &ctrl, sizeof(ctrl)) != sizeof(ctrl)) {
        return false;
    }
    c.command = ctrl.command;
    c.len = iov_size(c.iov, c.num) - sizeof(ctrl);
    if (ctrl.class == CRAFT_NET_CTRL_COAL &&
        ctrl.command == CRAFT_NET_CTRL_COAL_VQ_GET) {
        c.answer_len = sizeof(struct craft_net_coal);
    }
    if (iov_size(elem->in_sg, elem->in_num) < c.answer_len + sizeof(ack)) {
        return false;
    }
    if (ctrl.class < ARRAY_SIZE(classes) && classes[ctrl.class](&c)) {
        ack = CRAFT_NET_ACK_OK;
    }
    craft_net_verify_command(c.dev, &ctrl, c.len, ack);
    trace_craft_net_command(c.dev, ctrl.class, ctrl.command, c.len, ack);
    iov_from_buf(elem->in_sg, elem->in_num, 0, c.answer, c.answer_len);
    iov_from_buf(elem->in_sg, elem->in_num, c.answer_len, &ack, sizeof(ack));
    craft_net_fill(queue, buffer, c.answer_len + sizeof(ack));
    craft_net_flush(queue, 1);
    return true;
}

void craft_net_control(CraftNetQueue *queue)
{
    CraftNet *s = queue->dev;
    CraftNetBuffer *buffer;
    unsigned int i;

    if (!craft_net_is_running(queue) ||
        !craft_net_has(s, CRAFT_NET_F_CTRL_VQ)) {
        return;
    }
    for (i = 0; i < COMMANDS_MAX; i++) {
        buffer = virtqueue_pop(queue->vq, sizeof(*buffer));
        if (!buffer) {
            return;
        }
        if (!answer(queue, buffer)) {
            virtio_error(VIRTIO_DEVICE(s), "craft-net: command at head %u has "
                         "no room for itself or its ack", buffer->elem.index);
            virtqueue_detach_element(queue->vq, &buffer->elem, 0);
            g_free(buffer);
            return;
        }
    }
    qemu_bh_schedule(queue->bh);
}
