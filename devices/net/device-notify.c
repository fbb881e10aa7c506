/*
 * craft-net: how buffers go back to the driver, and when it is told of them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/defer-call.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "trace/trace-hw_virtio_kernelcraft_net.h"
#include "device.h"

void craft_net_fill(CraftNetQueue *queue, CraftNetBuffer *buffer, size_t len)
{
    WITH_RCU_READ_LOCK_GUARD() {
        virtqueue_fill(queue->vq, &buffer->elem, len, queue->filled);
    }
    queue->filled++;
    g_free(buffer);
}

/* Whatever the limits say, of all that was returned so far */
void craft_net_announce_used(CraftNetQueue *queue)
{
    timer_del(queue->timer);
    if (queue->unannounced) {
        queue->unannounced = 0;
        virtio_notify(VIRTIO_DEVICE(queue->dev), queue->vq);
    }
}

static void announce_in_time(void *opaque)
{
    CraftNetQueue *queue = opaque;
    CraftNetCoal *coal = &queue->coal;

    if (!coal->max_usecs || queue->unannounced >= coal->max_packets) {
        craft_net_announce_used(queue);
    } else if (!timer_pending(queue->timer)) {
        timer_mod(queue->timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                                (int64_t)coal->max_usecs * SCALE_US);
    }
}

/*
 * The driver sees what was filled. Packets that one burst moves, to whichever
 * queue, are announced at its end: at once outside of one.
 */
void craft_net_flush(CraftNetQueue *queue, unsigned int packets)
{
    if (!queue->filled) {
        return;
    }
    WITH_RCU_READ_LOCK_GUARD() {
        virtqueue_flush(queue->vq, queue->filled);
    }
    queue->filled = 0;
    queue->unannounced += packets;
    defer_call(announce_in_time, queue);
}

void craft_net_set_coal(CraftNetQueue *queue, CraftNetCoal coal)
{
    trace_craft_net_coalesce(queue->dev, craft_net_index(queue),
                             coal.max_packets, coal.max_usecs);
    queue->coal = coal;
    timer_del(queue->timer);
    if (queue->unannounced) {
        announce_in_time(queue);
    }
}

static void time_is_up(void *opaque)
{
    craft_net_announce_used(opaque);
}

void craft_net_init_notify(CraftNetQueue *queue)
{
    queue->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, time_is_up, queue);
}

/* The driver has taken its queue back, or never set it up */
void craft_net_drop_notify(CraftNetQueue *queue)
{
    timer_del(queue->timer);
    queue->unannounced = 0;
}
