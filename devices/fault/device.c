/*
 * virtio-fault: gives each request's cookie back, or does wrong what its
 * property fault says. README.md beside this file is the catalogue, the table
 * of the faults is in device-faults.c.
 *
 * All guest memory is touched from one guarded bottom half, the worker; the
 * queue's handler and the timer only wake it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/host-utils.h"
#include "qemu/iov.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio-bus.h"
#include "device.h"

#define FAULT_QUEUE_MIN         4
#define FAULT_DELAY_LIMIT_MS    (60 * 60 * 1000)

static const qmp_virtio_feature_map_t fault_features[] = {
    { -1, "" }
};

/* Echoes the cookie; false if there is none or nowhere to put it */
static bool fault_fill(VirtIOFault *s, const VirtQueueElement *elem)
{
    struct virtio_fault_req req;
    struct virtio_fault_resp resp;

    if (iov_to_buf(elem->out_sg, elem->out_num, 0, &req, sizeof(req)) !=
            sizeof(req) ||
        iov_size(elem->in_sg, elem->in_num) < sizeof(resp)) {
        virtio_error(VIRTIO_DEVICE(s), "virtio-fault: request at head %u is "
                     "too short", elem->index);
        return false;
    }
    resp.cookie = req.cookie;
    iov_from_buf(elem->in_sg, elem->in_num, 0, &resp, sizeof(resp));
    return true;
}

static bool fault_take(VirtIOFault *s)
{
    FaultBuffer *buf;

    if (s->stopped) {
        return false;
    }
    buf = virtqueue_pop(s->vq, sizeof(*buf));
    if (!buf) {
        return false;
    }
    if (!fault_fill(s, &buf->elem)) {
        virtqueue_detach_element(s->vq, &buf->elem, 0);
        g_free(buf);
        return false;
    }
    if (s->kind->finish) {
        s->kind->finish(s, buf);
    } else {
        fault_answer(s, buf);
    }
    return true;
}

static bool fault_can_work(VirtIOFault *s)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(s);

    return vdev->vm_running && (vdev->status & VIRTIO_CONFIG_S_DRIVER_OK) &&
           virtio_vdev_has_feature(vdev, VIRTIO_F_VERSION_1) &&
           !virtio_device_disabled(vdev);
}

static void fault_work(void *opaque)
{
    VirtIOFault *s = opaque;
    /* No more than a ring in one go: a busy driver must not keep us here */
    unsigned int n = s->kind->single ? 1 : VIRTQUEUE_MAX_SIZE;

    if (!fault_can_work(s) || s->kind->blind || virtio_queue_empty(s->vq)) {
        return;
    }
    virtio_queue_set_notification(s->vq, 0);
    while (n-- && fault_take(s)) {
        ;
    }
    if (s->kind->listen) {
        s->kind->listen(s);
    } else {
        virtio_queue_set_notification(s->vq, 1);
    }
    if (!s->stopped && !s->kind->single && fault_can_work(s) &&
        !virtio_queue_empty(s->vq)) {
        qemu_bh_schedule(s->worker);
    }
}

static void fault_give_back_held(void *opaque)
{
    VirtIOFault *s = opaque;
    FaultBuffer *buf;

    while (fault_can_work(s) && (buf = fault_release(s))) {
        fault_answer(s, buf);
    }
}

static void fault_handle_output(VirtIODevice *vdev, VirtQueue *vq)
{
    qemu_bh_schedule(VIRTIO_FAULT(vdev)->worker);
}

static StatusResult fault_set_status(VirtIODevice *vdev, uint8_t status)
{
    VirtIOFault *s = VIRTIO_FAULT(vdev);

    if (!vdev->vm_running || !(status & VIRTIO_CONFIG_S_DRIVER_OK)) {
        return STATUS_TAKEN;
    }
    if (s->kind->ready && !(vdev->status & VIRTIO_CONFIG_S_DRIVER_OK)) {
        s->kind->ready(s);
    }
    qemu_bh_schedule(s->worker);
    return STATUS_TAKEN;
}

static void fault_reset(VirtIODevice *vdev)
{
    VirtIOFault *s = VIRTIO_FAULT(vdev);

    qemu_bh_cancel(s->worker);
    fault_drop_held(s);
    s->stopped = false;
}

static void fault_queue_reset(VirtIODevice *vdev, uint32_t n)
{
    fault_drop_held(VIRTIO_FAULT(vdev));
}

static uint64_t fault_get_features(VirtIODevice *vdev, uint64_t features,
                                   Error **errp)
{
    if (!virtio_has_feature(features, VIRTIO_F_VERSION_1)) {
        error_setg(errp, "virtio-fault is modern only, its bus is legacy; for "
                   "virtio-mmio use -global virtio-mmio.force-legacy=false");
    }
    return features;
}

static bool fault_has_vectors(VirtIODevice *vdev)
{
    BusState *bus = qdev_get_parent_bus(DEVICE(vdev));
    VirtioBusClass *k = VIRTIO_BUS_GET_CLASS(bus);

    return k->query_nvectors && k->query_nvectors(bus->parent) >= 2;
}

static bool fault_check_needs(VirtIOFault *s, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(s);

    if (s->kind->needs == FAULT_NEEDS_EVENT_IDX &&
        !virtio_host_has_feature(vdev, VIRTIO_RING_F_EVENT_IDX)) {
        error_setg(errp, "fault=%s is about event indices: it needs "
                   "event_idx=on", s->fault);
        return false;
    }
    if (s->kind->needs == FAULT_NEEDS_VECTORS && !fault_has_vectors(vdev)) {
        error_setg(errp, "fault=%s is about interrupt vectors: it needs "
                   "virtio-fault-pci with vectors=2 or more", s->fault);
        return false;
    }
    return true;
}

static bool fault_check_properties(VirtIOFault *s, Error **errp)
{
    g_autofree char *names = NULL;

    s->kind = fault_find(s->fault ?: "none");
    if (!s->kind) {
        names = fault_names();
        error_setg(errp, "fault=%s is not known; there are: %s", s->fault,
                   names);
        return false;
    }
    if (s->queue_size < FAULT_QUEUE_MIN ||
        s->queue_size > VIRTQUEUE_MAX_SIZE || !is_power_of_2(s->queue_size)) {
        error_setg(errp, "queue-size is %u, it must be a power of two, "
                   "%d to %d", s->queue_size, FAULT_QUEUE_MIN,
                   VIRTQUEUE_MAX_SIZE);
        return false;
    }
    if (s->delay_ms > FAULT_DELAY_LIMIT_MS) {
        error_setg(errp, "delay-ms is %" PRIu32 ", at most %d is possible",
                   s->delay_ms, FAULT_DELAY_LIMIT_MS);
        return false;
    }
    if (virtio_host_has_feature(VIRTIO_DEVICE(s), VIRTIO_F_IN_ORDER)) {
        error_setg(errp, "virtio-fault keeps no order: in_order=on is not "
                   "possible");
        return false;
    }
    return fault_check_needs(s, errp);
}

static void fault_realize(DeviceState *dev, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    VirtIOFault *s = VIRTIO_FAULT(dev);

    if (!fault_check_properties(s, errp)) {
        return;
    }
    virtio_init(vdev, VIRTIO_ID_FAULT, 0);
    s->vq = virtio_add_queue(vdev, s->queue_size, fault_handle_output);
    virtio_queue_set_max_num(vdev, VIRTIO_FAULT_VQ_REQUEST, s->queue_size);
    s->worker = virtio_bh_new_guarded(dev, fault_work, s);
    s->timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, fault_give_back_held, s);
    QSIMPLEQ_INIT(&s->held);
}

static void fault_unrealize(DeviceState *dev)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    VirtIOFault *s = VIRTIO_FAULT(dev);

    fault_drop_held(s);
    timer_free(s->timer);
    qemu_bh_delete(s->worker);
    virtio_delete_queue(s->vq);
    virtio_cleanup(vdev);
}

static int fault_pre_save(void *opaque)
{
    VirtIOFault *s = opaque;

    if (s->held_count) {
        error_report("virtio-fault: fault=%s holds %u buffers, which no "
                     "migration takes along", s->kind->name, s->held_count);
        return -EBUSY;
    }
    return 0;
}

static const VMStateDescription vmstate_fault_device = {
    .name = "virtio-fault-device",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_save = fault_pre_save,
    .fields = (const VMStateField[]) {
        VMSTATE_BOOL(stopped, VirtIOFault),
        VMSTATE_END_OF_LIST()
    }
};

static const VMStateDescription vmstate_fault = {
    .name = "virtio-fault",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_VIRTIO_DEVICE,
        VMSTATE_END_OF_LIST()
    }
};

static const Property fault_properties[] = {
    DEFINE_PROP_STRING("fault", VirtIOFault, fault),
    DEFINE_PROP_UINT16("queue-size", VirtIOFault, queue_size, 64),
    DEFINE_PROP_UINT32("delay-ms", VirtIOFault, delay_ms, 10000),
};

static void fault_class_init(ObjectClass *klass, ClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);

    dc->desc = "virtio-fault: " FAULT_DESC;
    dc->vmsd = &vmstate_fault;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    device_class_set_props(dc, fault_properties);
    vdc->realize = fault_realize;
    vdc->unrealize = fault_unrealize;
    vdc->get_features = fault_get_features;
    vdc->set_status = fault_set_status;
    vdc->reset = fault_reset;
    vdc->queue_reset = fault_queue_reset;
    vdc->vmsd = &vmstate_fault_device;
}

static const TypeInfo fault_info = {
    .name = TYPE_VIRTIO_FAULT,
    .parent = TYPE_VIRTIO_DEVICE,
    .instance_size = sizeof(VirtIOFault),
    .class_init = fault_class_init,
};

static void fault_register(void)
{
    virtio_register_id(VIRTIO_ID_FAULT, "virtio-fault", fault_features);
    type_register_static(&fault_info);
}

type_init(fault_register)
