/*
 * craft-net: the queues: which is served when, and what is left in them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "trace/trace-hw_virtio_kernelcraft_net.h"
#include "device.h"

/* So many kicks to send without a frame in between are a stream one way. */
#define ONE_WAY_KICKS 8

static bool is_transmit(CraftNetQueue *queue)
{
    unsigned int i = craft_net_index(queue);

    return i < craft_net_control_index(queue->dev) && i % 2;
}

static void serve(CraftNetQueue *queue)
{
    unsigned int i = craft_net_index(queue);
    unsigned int control = craft_net_control_index(queue->dev);

    if (i == control) {
        craft_net_control(queue);
    } else if (is_transmit(queue)) {
        craft_net_transmit(queue);
    } else if (i < control && craft_net_is_running(queue)) {
        craft_net_refilled(queue);
    }
}

static void serve_bh(void *opaque)
{
    serve(opaque);
}

/*
 * A CPU that kicks has left the guest's code anyway: that it sends what it
 * brings is the shortest way to an answer. Where no answer comes, it had better
 * make the next packets, unkicked, while the main loop sends.
 */
static bool goes_one_way(CraftNetQueue *queue)
{
    CraftNet *s = queue->dev;

    if (!is_transmit(queue)) {
        return false;
    }
    if (s->unanswered < ONE_WAY_KICKS) {
        s->unanswered++;
        return false;
    }
    virtio_queue_set_notification(queue->vq, 0);
    return true;
}

/*
 * What we send may come back at once, and a buffer may lie in the device's own
 * registers, where filling it kicks: that waits until we are done.
 */
static void handle_output(VirtIODevice *vdev, VirtQueue *vq)
{
    CraftNet *s = CRAFT_NET(vdev);
    CraftNetQueue *queue = &s->queues[virtio_get_queue_index(vq)];

    if (s->busy || goes_one_way(queue)) {
        qemu_bh_schedule(queue->bh);
    } else {
        serve(queue);
    }
}

/* Without MQ the third one is the control queue: roles are of no queue alone */
void craft_net_add_queues(CraftNet *s)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(s);
    unsigned int i;

    s->queues = g_new0(CraftNetQueue, s->num_queues);
    for (i = 0; i < s->num_queues; i++) {
        CraftNetQueue *queue = &s->queues[i];
        uint16_t size = i % 2 ? s->tx_queue_size : s->rx_queue_size;

        queue->dev = s;
        queue->vq = virtio_add_queue(vdev, size, handle_output);
        virtio_queue_set_max_num(vdev, i, size);
        queue->bh = virtio_bh_new_guarded(DEVICE(s), serve_bh, queue);
        QSIMPLEQ_INIT(&queue->held);
        craft_net_init_notify(queue);
    }
}

/*
 * A buffer that is the driver's again goes back without a word. What the peer
 * has of it stays there: a netdev that has begun to write a frame must end it.
 */
static void drop_held(CraftNetQueue *queue)
{
    CraftNet *s = queue->dev;
    unsigned int port = craft_net_index(queue) / 2 % s->num_ports;
    CraftNetBuffer *buffer;

    while ((buffer = QSIMPLEQ_FIRST(&queue->held))) {
        QSIMPLEQ_REMOVE_HEAD(&queue->held, next);
        virtqueue_detach_element(queue->vq, &buffer->elem, 0);
        g_free(buffer);
    }
    queue->room = 0;
    if (s->ports[port].busy == queue) {
        s->ports[port].busy = NULL;
    }
}

void craft_net_delete_queues(CraftNet *s)
{
    unsigned int i;

    for (i = 0; i < s->num_queues; i++) {
        CraftNetQueue *queue = &s->queues[i];

        drop_held(queue);
        qemu_bh_delete(queue->bh);
        timer_free(queue->timer);
        virtio_delete_queue(queue->vq);
    }
    g_free(s->queues);
}

static void reset_queue(CraftNetQueue *queue)
{
    drop_held(queue);
    qemu_bh_cancel(queue->bh);
    craft_net_drop_notify(queue);
}

void craft_net_reset_queues(CraftNet *s)
{
    unsigned int i;

    for (i = 0; i < s->num_queues; i++) {
        reset_queue(&s->queues[i]);
        s->queues[i].stopped = false;
        s->queues[i].coal = (CraftNetCoal) { 0 };
    }
}

/* The VM stops: nothing of the driver's changes until it runs again */
void craft_net_pause(CraftNet *s)
{
    unsigned int i;

    for (i = 0; i < s->num_queues; i++) {
        qemu_bh_cancel(s->queues[i].bh);
        craft_net_announce_used(&s->queues[i]);
    }
}

void craft_net_queue_reset(VirtIODevice *vdev, uint32_t n)
{
    CraftNet *s = CRAFT_NET(vdev);

    trace_craft_net_queue_reset(s, n);
    s->queues[n].stopped = true;
    reset_queue(&s->queues[n]);
}

void craft_net_queue_enable(VirtIODevice *vdev, uint32_t n)
{
    CraftNet *s = CRAFT_NET(vdev);
    CraftNetQueue *queue = &s->queues[n];

    queue->stopped = false;
    queue->coal = n % 2 ? s->tx_coal : s->rx_coal;
    qemu_bh_schedule(queue->bh);
}
