/*
 * craft-blk: interrupts: for each request, or one for several.
 *
 * A vCPU that kicks is served before it goes on, and could take an interrupt
 * for each request as soon as that was added. A driver that waits for it wants
 * nothing better; one that has more to ask pays for an interrupt a request. So
 * an interrupt is held until as many requests are done as the driver has shown
 * to have under way at a time; now and then it is tried whether these are more.
 * If it does not come to that the interrupt comes by a timer, soon enough for
 * who is only slow.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "block/aio.h"
#include "standard-headers/linux/virtio_ring.h"
#include "system/cpus.h"
#include "system/dma.h"
#include "trace/trace-hw_virtio_kernelcraft_blk.h"
#include "device.h"

/* Requests that one interrupt is for at most */
#define CRAFT_BLK_HOLD_MAX      16

/* A driver under emulation gets to a few more requests in that time */
#define CRAFT_BLK_HOLD_NS       (200 * SCALE_US)

/* Interrupts until more are held: when it went well, or never does */
#define CRAFT_BLK_TRY_SOON      16
#define CRAFT_BLK_TRY_LATE      1024

static uint16_t read_ring(VirtIODevice *vdev, hwaddr at)
{
    uint16_t value = 0;

    dma_memory_read(vdev->dma_as, at, &value, sizeof(value),
                    MEMTXATTRS_UNSPECIFIED);
    return le16_to_cpu(value);
}

/* By the driver's words as they stand; the last word is virtio_notify()'s */
static bool may_want_interrupt(CraftBlkQueue *queue, unsigned int pushed)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(queue->dev);
    int n = virtio_get_queue_index(queue->vq);
    hwaddr avail = virtio_queue_get_avail_addr(vdev, n);
    uint16_t event, used;

    if (virtio_vdev_has_feature(vdev, VIRTIO_F_RING_PACKED)) {
        return read_ring(vdev, avail + 2) != VRING_PACKED_EVENT_FLAG_DISABLE;
    }
    if (!virtio_vdev_has_feature(vdev, VIRTIO_RING_F_EVENT_IDX)) {
        return !(read_ring(vdev, avail) & VRING_AVAIL_F_NO_INTERRUPT);
    }
    event = read_ring(vdev, avail + 4 + 2 * virtio_queue_get_num(vdev, n));
    used = read_ring(vdev, virtio_queue_get_used_addr(vdev, n) + 2);
    return vring_need_event(event, used, used - pushed);
}

static void release(CraftBlkQueue *queue)
{
    if (queue->held) {
        queue->held = 0;
        timer_del(queue->hold_timer);
        blk_dec_in_flight(queue->dev->blk);
    }
}

/* The driver waits, or is slow: so many are too many for now */
static void hold_ended(void *opaque)
{
    CraftBlkQueue *queue = opaque;

    queue->hold = MAX(queue->held, queue->hold / 2);
    queue->try_wait = MIN(queue->try_wait * 2, CRAFT_BLK_TRY_LATE);
    queue->until_try = queue->try_wait;
    queue->trying = false;
    trace_craft_blk_hold(queue->dev, virtio_get_queue_index(queue->vq),
                         queue->hold);
    virtio_notify(VIRTIO_DEVICE(queue->dev), queue->vq);
    release(queue);
}

/* It kicked as often as was hoped for */
static void hold_reached(CraftBlkQueue *queue)
{
    if (queue->trying) {
        queue->trying = false;
        queue->try_wait = queue->until_try = CRAFT_BLK_TRY_SOON;
    }
    if (!--queue->until_try) {
        queue->trying = queue->hold < CRAFT_BLK_HOLD_MAX;
        queue->hold = MIN(queue->hold * 2, CRAFT_BLK_HOLD_MAX);
        queue->until_try = queue->try_wait;
    }
}

static bool hold(CraftBlkQueue *queue, unsigned int pushed)
{
    if (!qemu_in_vcpu_thread() ||
        (!queue->held && !may_want_interrupt(queue, pushed))) {
        return false;
    }
    if (queue->held + pushed >= queue->hold) {
        hold_reached(queue);
        return false;
    }
    if (!queue->held) {
        blk_inc_in_flight(queue->dev->blk);
        timer_mod(queue->hold_timer,
                  qemu_clock_get_ns(QEMU_CLOCK_REALTIME) + CRAFT_BLK_HOLD_NS);
    }
    queue->held += pushed;
    return true;
}

/* @pushed buffers were put into the ring, by the thread that calls */
void craft_blk_interrupt(CraftBlkQueue *queue, unsigned int pushed)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(queue->dev);

    if (qemu_in_iothread()) {
        virtio_notify_irqfd(vdev, queue->vq);
    } else if (!hold(queue, pushed)) {
        virtio_notify(vdev, queue->vq);
        release(queue);
    }
}

/* The clock goes on while the VM is stopped: a drain waits for what is held */
void craft_blk_init_interrupts(CraftBlkQueue *queue)
{
    queue->hold = 1;
    queue->try_wait = queue->until_try = CRAFT_BLK_TRY_SOON;
    queue->hold_timer = aio_timer_new(qemu_get_aio_context(),
                                      QEMU_CLOCK_REALTIME, SCALE_NS,
                                      hold_ended, queue);
}

void craft_blk_end_interrupts(CraftBlkQueue *queue)
{
    assert(!queue->held);
    timer_free(queue->hold_timer);
}
