/*
 * craft-blk: the queues: when requests are taken from them, and when not.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/defer-call.h"
#include "block/aio.h"
#include "system/cpus.h"
#include "trace/trace-hw_virtio_kernelcraft_blk.h"
#include "device.h"

/* A crowd may be gone for a moment */
#define CRAFT_BLK_CROWDED_KICKS 64

/* One interrupt is for what is done of these at once */
static void take_batch(CraftBlkQueue *queue)
{
    CraftBlkBatch batch = { .count = 0 };
    CraftBlkRequest *req;
    unsigned int i;

    defer_call_begin();
    for (i = 0; i < CRAFT_BLK_BATCH_MAX; i++) {
        req = virtqueue_pop(queue->vq, sizeof(*req));
        if (!req) {
            break;
        }
        req->queue = queue;
        craft_blk_begin(req, &batch);
    }
    craft_blk_submit(&batch);
    defer_call_end();
}

/*
 * A driver that is as fast as the backend must not keep the thread for itself.
 * Notifications are off already where the thread polls.
 */
static void take_all(CraftBlkQueue *queue)
{
    VirtQueue *vq = queue->vq;
    bool suppress = virtio_queue_get_notification(vq);
    unsigned int left = CRAFT_BLK_BATCHES_MAX;

    queue->busy = true;
    do {
        if (suppress) {
            virtio_queue_set_notification(vq, 0);
        }
        do {
            take_batch(queue);
        } while (--left && !virtio_queue_empty(vq));
        if (suppress) {
            virtio_queue_set_notification(vq, 1);
        }
    } while (left && !virtio_queue_empty(vq));
    queue->busy = false;
    if (!left) {
        craft_blk_kick(queue);
    }
}

static void retry_failed(CraftBlkQueue *queue)
{
    CraftBlkRequests reqs = QSIMPLEQ_HEAD_INITIALIZER(reqs);
    CraftBlkBatch batch = { .count = 0 };
    CraftBlkRequest *req;

    /* Those that fail again come back to queue->failed, for another time */
    QSIMPLEQ_CONCAT(&reqs, &queue->failed);
    defer_call_begin();
    while ((req = QSIMPLEQ_FIRST(&reqs))) {
        QSIMPLEQ_REMOVE_HEAD(&reqs, next);
        if (virtio_device_disabled(VIRTIO_DEVICE(queue->dev))) {
            craft_blk_drop(req);
        } else {
            craft_blk_begin(req, &batch);
        }
    }
    craft_blk_submit(&batch);
    defer_call_end();
}

static bool may_run(CraftBlkQueue *queue)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(queue->dev);

    return !qatomic_read(&queue->dev->drained) &&
           !qatomic_read(&queue->stopped) && vdev->vm_running &&
           (vdev->status & VIRTIO_CONFIG_S_DRIVER_OK);
}

/*
 * Who drains says so first and looks at what is in flight then; we do it the
 * other way round, so that one of us sees the other. What is left in a queue
 * here is found when the drain ends, the VM runs or the queue is enabled.
 */
static void run_queue(CraftBlkQueue *queue, bool retry)
{
    BlockBackend *blk = queue->dev->blk;

    blk_inc_in_flight(blk);
    smp_mb__after_rmw();
    if (may_run(queue)) {
        if (retry) {
            retry_failed(queue);
        }
        take_all(queue);
    }
    blk_dec_in_flight(blk);
}

static AioContext *serving_ctx(CraftBlkQueue *queue)
{
    return queue->dev->ioeventfd_started ? queue->ctx : qemu_get_aio_context();
}

/* The queue may have gone to another thread since it was scheduled */
static void run_scheduled(CraftBlkQueue *queue, bool retry)
{
    if (qemu_get_current_aio_context() == serving_ctx(queue)) {
        run_queue(queue, retry);
    } else {
        craft_blk_kick(queue);
    }
    blk_dec_in_flight(queue->dev->blk);
}

static void kick_bh(void *opaque)
{
    run_scheduled(opaque, true);
}

static void left_bh(void *opaque)
{
    CraftBlkQueue *queue = opaque;

    queue->left = false;
    virtio_queue_set_notification(queue->vq, 1);
    run_scheduled(queue, false);
}

/*
 * A vCPU serves its kick where that is all that there is to do. With others in
 * flight the backend is none that answers at once: then the vCPU has more to
 * submit, and the main loop takes it, without a kick for each.
 */
static void leave(CraftBlkQueue *queue)
{
    if (!queue->left) {
        queue->left = true;
        virtio_queue_set_notification(queue->vq, 0);
        blk_inc_in_flight(queue->dev->blk);
        aio_bh_schedule_oneshot(serving_ctx(queue), left_bh, queue);
    }
}

static bool is_crowded(CraftBlkQueue *queue)
{
    if (queue->in_flight) {
        queue->crowded = CRAFT_BLK_CROWDED_KICKS;
    } else if (queue->crowded) {
        queue->crowded--;
    }
    return queue->crowded;
}

void craft_blk_handle_output(VirtIODevice *vdev, VirtQueue *vq)
{
    CraftBlk *s = CRAFT_BLK(vdev);
    CraftBlkQueue *queue = &s->queues[virtio_get_queue_index(vq)];

    /* While threads change, this may not be the one that serves the queue */
    if (s->ioeventfd_changing || queue->busy) {
        craft_blk_kick(queue);
    } else if (qemu_in_vcpu_thread() && is_crowded(queue)) {
        leave(queue);
    } else {
        run_queue(queue, false);
    }
}

/* Looks at the queue and at what failed, soon and in the queue's thread */
void craft_blk_kick(CraftBlkQueue *queue)
{
    blk_inc_in_flight(queue->dev->blk);
    aio_bh_schedule_oneshot(serving_ctx(queue), kick_bh, queue);
}

void craft_blk_kick_all(CraftBlk *s)
{
    unsigned int i;

    for (i = 0; i < s->num_queues; i++) {
        craft_blk_kick(&s->queues[i]);
    }
}

void craft_blk_queue_reset(VirtIODevice *vdev, uint32_t n)
{
    CraftBlk *s = CRAFT_BLK(vdev);

    trace_craft_blk_queue_reset(s, n);
    qatomic_set(&s->queues[n].stopped, true);
    smp_mb(); /* see run_queue() */
    blk_drain(s->blk);
    craft_blk_drop_failed(&s->queues[n]);
}

void craft_blk_queue_enable(VirtIODevice *vdev, uint32_t n)
{
    CraftBlk *s = CRAFT_BLK(vdev);

    qatomic_set(&s->queues[n].stopped, false);
    craft_blk_kick(&s->queues[n]);
}
