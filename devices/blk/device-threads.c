/*
 * craft-blk: which thread serves which queue, and when it begins and ends.
 *
 * The order of steps follows hw/block/virtio-blk.c and what it grew from,
 *
 *   Copyright IBM, Corp. 2007
 *   Copyright 2012 IBM, Corp.
 *   Copyright 2012-2013 Red Hat, Inc. and/or its affiliates
 *
 * by Anthony Liguori, Stefan Hajnoczi and others, which were made right over
 * many years.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "block/aio-wait.h"
#include "hw/virtio/virtio-bus.h"
#include "trace/trace-hw_virtio_kernelcraft_blk.h"
#include "device.h"

static bool may_have_threads(CraftBlk *s, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(s);
    BusState *bus = qdev_get_parent_bus(DEVICE(s));
    VirtioBusClass *k = VIRTIO_BUS_GET_CLASS(bus);

    if (s->iothread && s->iothread_vq_mapping) {
        error_setg(errp, "iothread and iothread-vq-mapping properties cannot "
                   "be set at the same time");
        return false;
    }
    if (!s->iothread && !s->iothread_vq_mapping) {
        return true;
    }
    if (!k->set_guest_notifiers || !k->ioeventfd_assign) {
        error_setg(errp, "device is incompatible with iothread (transport "
                   "does not support notifiers)");
        return false;
    }
    if (!virtio_device_ioeventfd_enabled(vdev)) {
        error_setg(errp, "ioeventfd is required for iothread");
        return false;
    }
    return true;
}

bool craft_blk_choose_threads(CraftBlk *s, Error **errp)
{
    g_autofree AioContext **ctxs = g_new(AioContext *, s->num_queues);
    AioContext *ctx = s->iothread ? iothread_get_aio_context(s->iothread)
                                  : qemu_get_aio_context();
    unsigned int i;

    if (!may_have_threads(s, errp)) {
        return false;
    }
    for (i = 0; i < s->num_queues; i++) {
        ctxs[i] = ctx;
    }
    if (s->iothread_vq_mapping &&
        !iothread_vq_mapping_apply(s->iothread_vq_mapping, ctxs,
                                   s->num_queues, errp)) {
        return false;
    }
    if (s->iothread) {
        object_ref(OBJECT(s->iothread));
    }
    for (i = 0; i < s->num_queues; i++) {
        s->queues[i].ctx = ctxs[i];
    }
    return true;
}

void craft_blk_leave_threads(CraftBlk *s)
{
    assert(!s->ioeventfd_started);
    if (s->iothread_vq_mapping) {
        iothread_vq_mapping_cleanup(s->iothread_vq_mapping);
    }
    if (s->iothread) {
        object_unref(OBJECT(s->iothread));
    }
}

static void attach(CraftBlk *s)
{
    unsigned int i;

    for (i = 0; i < s->num_queues; i++) {
        virtio_queue_aio_attach_host_notifier(s->queues[i].vq,
                                              s->queues[i].ctx);
    }
}

static void detach(CraftBlk *s)
{
    unsigned int i;

    for (i = 0; i < s->num_queues; i++) {
        virtio_queue_aio_detach_host_notifier(s->queues[i].vq,
                                              s->queues[i].ctx);
    }
}

void craft_blk_drained_begin(void *opaque)
{
    CraftBlk *s = opaque;

    qatomic_set(&s->drained, true);
    smp_mb(); /* see run_queue() */
    if (s->ioeventfd_started) {
        detach(s);
    }
}

void craft_blk_drained_end(void *opaque)
{
    CraftBlk *s = opaque;

    qatomic_set(&s->drained, false);
    if (s->ioeventfd_started) {
        attach(s);
    }
    craft_blk_kick_all(s);
}

static void take_last_kick(CraftBlk *s, unsigned int count)
{
    unsigned int i;

    for (i = 0; i < count; i++) {
        virtio_bus_cleanup_host_notifier(
            VIRTIO_BUS(qdev_get_parent_bus(DEVICE(s))), i);
    }
}

/* All in one transaction, or each would update the whole address space */
static void release_host_notifiers(CraftBlk *s, unsigned int count)
{
    VirtioBusState *bus = VIRTIO_BUS(qdev_get_parent_bus(DEVICE(s)));
    unsigned int i;

    memory_region_transaction_begin();
    for (i = 0; i < count; i++) {
        virtio_bus_set_host_notifier(bus, i, false);
    }
    /* The eventfds have to be open until it is committed */
    memory_region_transaction_commit();
    take_last_kick(s, count);
}

static int assign_host_notifiers(CraftBlk *s)
{
    VirtioBusState *bus = VIRTIO_BUS(qdev_get_parent_bus(DEVICE(s)));
    unsigned int i;
    int ret = 0;

    memory_region_transaction_begin();
    for (i = 0; i < s->num_queues; i++) {
        ret = virtio_bus_set_host_notifier(bus, i, true);
        if (ret) {
            break;
        }
    }
    memory_region_transaction_commit();
    if (ret) {
        release_host_notifiers(s, i);
    }
    return ret;
}

int craft_blk_start_ioeventfd(VirtIODevice *vdev)
{
    CraftBlk *s = CRAFT_BLK(vdev);
    BusState *bus = qdev_get_parent_bus(DEVICE(s));
    VirtioBusClass *k = VIRTIO_BUS_GET_CLASS(bus);
    Error *err = NULL;
    int ret;

    if (s->ioeventfd_started || s->ioeventfd_changing) {
        return 0;
    }
    s->ioeventfd_changing = true;
    ret = k->set_guest_notifiers(bus->parent, s->num_queues, true);
    if (ret) {
        error_report("craft-blk: cannot set the guest notifiers: %s; the "
                     "vCPUs serve the queues", strerror(-ret));
        s->ioeventfd_changing = false;
        return -ENOSYS;
    }
    ret = assign_host_notifiers(s);
    if (ret) {
        k->set_guest_notifiers(bus->parent, s->num_queues, false);
        s->ioeventfd_changing = false;
        return -ENOSYS;
    }

    /* Block jobs had better share the first queue's thread, but need not */
    if (blk_set_aio_context(s->blk, s->queues[0].ctx, &err) < 0) {
        warn_report_err(err);
    }
    /* Only now: a drain by the call above must not attach or detach */
    s->ioeventfd_changing = false;
    s->ioeventfd_started = true;
    smp_wmb(); /* paired with aio_notify_accept() on the read side */
    if (!qatomic_read(&s->drained)) {
        attach(s);
    }
    return 0;
}

static void stop_queue_bh(void *opaque)
{
    CraftBlkQueue *queue = opaque;

    virtio_queue_aio_detach_host_notifier(queue->vq, queue->ctx);
    /* A kick that was seen by nobody yet */
    virtio_queue_host_notifier_read(virtio_queue_get_host_notifier(queue->vq));
}

void craft_blk_stop_ioeventfd(VirtIODevice *vdev)
{
    CraftBlk *s = CRAFT_BLK(vdev);
    BusState *bus = qdev_get_parent_bus(DEVICE(s));
    VirtioBusClass *k = VIRTIO_BUS_GET_CLASS(bus);
    unsigned int i;

    if (!s->ioeventfd_started || s->ioeventfd_changing) {
        return;
    }
    s->ioeventfd_changing = true;
    for (i = 0; i < s->num_queues && !qatomic_read(&s->drained); i++) {
        aio_wait_bh_oneshot(s->queues[i].ctx, stop_queue_bh, &s->queues[i]);
    }
    release_host_notifiers(s, s->num_queues);

    /* Before the drain, which must not attach or detach any more */
    s->ioeventfd_started = false;
    blk_drain(s->blk);
    blk_set_aio_context(s->blk, qemu_get_aio_context(), NULL);
    k->set_guest_notifiers(bus->parent, s->num_queues, false);
    s->ioeventfd_changing = false;
}
