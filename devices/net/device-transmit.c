/*
 * craft-net: packets from the driver to the netdev.
 *
 * A netdev that takes a header gets each packet as the driver has it. For one
 * that takes none, the device cuts and sums itself: on a copy, so that no
 * driver can change what was checked.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/defer-call.h"
#include "qemu/main-loop.h"
#include "system/runstate.h"
#include "trace/trace-hw_virtio_kernelcraft_net.h"
#include "device.h"

/* Packets until the driver sees that they are done with */
#define BATCH 16

typedef enum { PACKET_TAKEN, PACKET_WAITS, PACKET_BAD } PacketFate;

static unsigned int port_index(CraftNetQueue *queue)
{
    return craft_net_index(queue) / 2 % queue->dev->num_ports;
}

static CraftNetPort *port_of(CraftNetQueue *queue)
{
    return &queue->dev->ports[port_index(queue)];
}

static void count_frame(CraftNetQueue *queue, CraftNetBuffer *buffer,
                        ssize_t ret)
{
    if (ret) {
        buffer->sent++;
    } else {
        port_of(queue)->unsent++;
    }
}

typedef struct Sending {
    CraftNetQueue *queue;
    CraftNetBuffer *buffer;
} Sending;

static void send_frame(void *opaque, const uint8_t *data, size_t len)
{
    Sending *sending = opaque;
    CraftNetQueue *queue = sending->queue;
    NetClientState *nc = qemu_get_subqueue(queue->dev->nic, port_index(queue));

    count_frame(queue, sending->buffer,
                qemu_send_packet_async(nc, data, len, craft_net_sent));
}

static const char *send_cut(CraftNetQueue *queue, CraftNetBuffer *buffer,
                            const struct craft_net_hdr *hdr)
{
    CraftNet *s = queue->dev;
    VirtQueueElement *elem = &buffer->elem;
    Sending sending = { queue, buffer };
    CraftNetHeaders headers;
    size_t skip = craft_net_header_len(s);
    size_t len = iov_size(elem->out_sg, elem->out_num) - skip;

    if (len > CRAFT_NET_FRAME_MAX) {
        return "is too long";
    }
    iov_to_buf(elem->out_sg, elem->out_num, skip, s->frame, len);
    if (s->pairs > 1 && s->num_ports == 1 &&
        craft_net_parse(s->frame, MIN(len, CRAFT_NET_HEAD_MAX), len,
                        &headers)) {
        craft_net_learn(queue, s->frame, &headers);
    }
    return craft_net_frames(hdr, s->frame, len, buffer->sent, send_frame,
                            &sending);
}

/* The header is the copy that was looked at, without a hash */
static const char *send_whole(CraftNetQueue *queue, CraftNetBuffer *buffer,
                              struct craft_net_hdr *hdr)
{
    CraftNet *s = queue->dev;
    VirtQueueElement *elem = &buffer->elem;
    NetClientState *nc = qemu_get_subqueue(s->nic, port_index(queue));
    struct iovec iov[VIRTQUEUE_MAX_SIZE + 1] = {
        { .iov_base = hdr, .iov_len = sizeof(*hdr) }
    };
    unsigned int num;

    hdr->num_buffers = 0;
    num = iov_copy(iov + 1, VIRTQUEUE_MAX_SIZE, elem->out_sg, elem->out_num,
                   craft_net_header_len(s), SIZE_MAX);
    count_frame(queue, buffer,
                qemu_sendv_packet_async(nc, iov, num + 1, craft_net_sent));
    return NULL;
}

static PacketFate send_packet(CraftNetQueue *queue, CraftNetBuffer *buffer)
{
    CraftNet *s = queue->dev;
    VirtQueueElement *elem = &buffer->elem;
    size_t len = iov_size(elem->out_sg, elem->out_num);
    struct craft_net_hdr hdr;
    const char *why;

    if (len < craft_net_header_len(s)) {
        return PACKET_BAD;
    }
    iov_to_buf(elem->out_sg, elem->out_num, 0, &hdr, sizeof(hdr));
    trace_craft_net_send(s, craft_net_index(queue), elem->index, len,
                         hdr.flags, hdr.gso_type, le16_to_cpu(hdr.gso_size));
    craft_net_verify(queue, &hdr, len - craft_net_header_len(s));
    why = s->peer_has_header ? send_whole(queue, buffer, &hdr)
                             : send_cut(queue, buffer, &hdr);
    if (why) {
        trace_craft_net_send_drop(s, craft_net_index(queue), elem->index, why);
    }
    return port_of(queue)->unsent ? PACKET_WAITS : PACKET_TAKEN;
}

static void complete(CraftNetQueue *queue, CraftNetBuffer *buffer)
{
    trace_craft_net_sent(queue->dev, craft_net_index(queue),
                         buffer->elem.index, buffer->sent);
    craft_net_fill(queue, buffer, 0);
}

static CraftNetBuffer *take_held(CraftNetQueue *queue)
{
    CraftNetBuffer *buffer = QSIMPLEQ_FIRST(&queue->held);

    if (buffer) {
        QSIMPLEQ_REMOVE_HEAD(&queue->held, next);
    }
    return buffer;
}

/* False: there is none, it waits, or the device is broken */
static bool send_next(CraftNetQueue *queue)
{
    CraftNetBuffer *buffer = take_held(queue);

    if (!buffer) {
        buffer = virtqueue_pop(queue->vq, sizeof(*buffer));
        if (!buffer) {
            return false;
        }
        buffer->sent = 0;
    }
    switch (send_packet(queue, buffer)) {
    case PACKET_TAKEN:
        complete(queue, buffer);
        return true;
    case PACKET_WAITS:
        trace_craft_net_wait(queue->dev, craft_net_index(queue),
                             buffer->elem.index, port_of(queue)->unsent);
        QSIMPLEQ_INSERT_TAIL(&queue->held, buffer, next);
        port_of(queue)->busy = queue;
        return false;
    case PACKET_BAD:
        virtio_error(VIRTIO_DEVICE(queue->dev), "craft-net: packet at head %u "
                     "has no room for its header", buffer->elem.index);
        virtqueue_detach_element(queue->vq, &buffer->elem, 0);
        g_free(buffer);
        return false;
    }
    g_assert_not_reached();
}

/* Returns how many packets are left of @budget; others may not wait for long */
static unsigned int send_burst(CraftNetQueue *queue, unsigned int budget)
{
    unsigned int done = 0;

    while (budget && send_next(queue)) {
        budget--;
        if (++done == BATCH) {
            craft_net_flush(queue, done);
            done = 0;
        }
    }
    craft_net_flush(queue, done);
    return budget;
}

static bool may_send(CraftNetQueue *queue)
{
    CraftNet *s = queue->dev;

    return craft_net_is_running(queue) && !port_of(queue)->unsent &&
           craft_net_index(queue) / 2 < s->pairs;
}

/*
 * While packets are left, the driver need not kick: not until the peer takes
 * more, nor until the queue has its next turn.
 */
void craft_net_transmit(CraftNetQueue *queue)
{
    CraftNet *s = queue->dev;
    unsigned int budget = s->tx_burst;
    bool was_busy = s->busy;

    if (!may_send(queue)) {
        return;
    }
    s->busy = true;
    defer_call_begin();
    do {
        virtio_queue_set_notification(queue->vq, 0);
        budget = send_burst(queue, budget);
        if (!budget || !QSIMPLEQ_EMPTY(&queue->held)) {
            break;
        }
        virtio_queue_set_notification(queue->vq, 1);
    } while (!virtio_queue_empty(queue->vq));
    defer_call_end();
    s->busy = was_busy;
    if (!budget) {
        qemu_bh_schedule(queue->bh);
    }
}

/* The queues that share the port, the next one first */
static void go_on(CraftNet *s, unsigned int port, unsigned int after)
{
    unsigned int i;

    for (i = 1; i <= s->pairs; i++) {
        unsigned int pair = (after + i) % s->pairs;
        CraftNetQueue *queue = &s->queues[CRAFT_NET_VQ_TX(pair)];

        if (port_index(queue) != port) {
            continue;
        }
        if (s->busy) {
            qemu_bh_schedule(queue->bh);
        } else {
            craft_net_transmit(queue);
        }
    }
}

/*
 * The peer has taken a frame that it had queued, or with @ret 0 dropped it. It
 * does that when the VM stops, too: then the frame is sent when the VM runs
 * again, here or where it has moved to.
 */
void craft_net_sent(NetClientState *nc, ssize_t ret)
{
    CraftNet *s = qemu_get_nic_opaque(nc);
    CraftNetPort *port = &s->ports[nc->queue_index];
    CraftNetQueue *queue = port->busy;
    unsigned int pair = 0;

    assert(port->unsent);
    port->unsent--;
    if (queue && (ret || runstate_is_running())) {
        QSIMPLEQ_FIRST(&queue->held)->sent++;
    } else if (queue) {
        port->purged = true;
    }
    if (port->unsent) {
        return;
    }
    if (queue) {
        pair = craft_net_index(queue) / 2;
        if (!port->purged) {
            complete(queue, take_held(queue));
            craft_net_flush(queue, 1);
        }
    }
    port->purged = false;
    port->busy = NULL;
    go_on(s, nc->queue_index, pair);
}
