/*
 * virtio-echo: takes messages, transforms them, gives them back, and sends
 * messages of its own. README.md beside this file is its datasheet, abi.h
 * says what goes over the queues.
 *
 * All guest memory is touched from one guarded bottom half, the worker.
 * Queue handlers, the timer and the monitor only leave work for it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "migration/qemu-file-types.h"
#include "trace/trace-hw_virtio_kernelcraft_echo.h"
#include "device.h"

static const qmp_virtio_feature_map_t echo_features[] = {
    { VIRTIO_ECHO_F_EVENT,
      "VIRTIO_ECHO_F_EVENT: Device sends messages on an event queue" },
    { VIRTIO_ECHO_F_TRANSFORM,
      "VIRTIO_ECHO_F_TRANSFORM: Operations other than ECHO" },
    { -1, "" }
};

static void echo_rearm(VirtIOEcho *s)
{
    int64_t first = INT64_MAX;
    EchoRequest *req;

    if (echo_window_open(s) && !virtio_queue_empty(s->request_vq)) {
        qemu_bh_schedule(s->worker);
    }
    QTAILQ_FOREACH(req, &s->requests, next) {
        first = MIN(first, req->deadline);
    }
    if (first != INT64_MAX) {
        timer_mod(s->timer, first);
    }
}

static void echo_work(void *opaque)
{
    VirtIOEcho *s = opaque;
    VirtIODevice *vdev = VIRTIO_DEVICE(s);

    /* A stopped VM and a late driver wake us again in echo_set_status() */
    if (!vdev->vm_running || !(vdev->status & VIRTIO_CONFIG_S_DRIVER_OK) ||
        !virtio_vdev_has_feature(vdev, VIRTIO_F_VERSION_1) ||
        virtio_device_disabled(vdev)) {
        return;
    }
    echo_take_requests(s);
    echo_complete_requests(s);
    echo_send_events(s);
    echo_rearm(s);
}

static void echo_wake(void *opaque)
{
    VirtIOEcho *s = opaque;

    qemu_bh_schedule(s->worker);
}

static void echo_handle_output(VirtIODevice *vdev, VirtQueue *vq)
{
    echo_wake(VIRTIO_ECHO(vdev));
}

static StatusResult echo_set_status(VirtIODevice *vdev, uint8_t status)
{
    if (vdev->vm_running && (status & VIRTIO_CONFIG_S_DRIVER_OK)) {
        echo_wake(VIRTIO_ECHO(vdev));
    }
    return STATUS_TAKEN;
}

static void echo_reset(VirtIODevice *vdev)
{
    VirtIOEcho *s = VIRTIO_ECHO(vdev);

    trace_virtio_echo_reset(s);
    qemu_bh_cancel(s->worker);
    echo_drop_requests(s);
}

static void echo_queue_reset(VirtIODevice *vdev, uint32_t n)
{
    if (n == VIRTIO_ECHO_VQ_REQUEST) {
        echo_drop_requests(VIRTIO_ECHO(vdev));
    }
}

static uint64_t echo_get_features(VirtIODevice *vdev, uint64_t features,
                                  Error **errp)
{
    if (!virtio_has_feature(features, VIRTIO_F_VERSION_1)) {
        error_setg(errp, "virtio-echo is modern only, its bus is legacy; for "
                   "virtio-mmio use -global virtio-mmio.force-legacy=false");
    }
    return features;
}

static void echo_get_config(VirtIODevice *vdev, uint8_t *data)
{
    VirtIOEcho *s = VIRTIO_ECHO(vdev);
    struct virtio_echo_config config = {
        .version = cpu_to_le16(VIRTIO_ECHO_VERSION),
        .greeting_len = cpu_to_le16(s->greeting_len),
        .max_payload = cpu_to_le32(s->max_payload),
    };

    memcpy(config.greeting, s->greeting, s->greeting_len);
    memcpy(data, &config, sizeof(config));
}

static int echo_put_requests(QEMUFile *f, void *pv, size_t size,
                             const VMStateField *field, JSONWriter *vmdesc)
{
    VirtIOEcho *s = container_of(pv, VirtIOEcho, requests);
    EchoRequest *req;

    qemu_put_be64(f, s->in_flight);
    QTAILQ_FOREACH(req, &s->requests, next) {
        qemu_put_be64(f, req->deadline);
        qemu_put_virtqueue_element(VIRTIO_DEVICE(s), f, &req->elem);
    }
    return 0;
}

static int echo_get_requests(QEMUFile *f, void *pv, size_t size,
                             const VMStateField *field)
{
    VirtIOEcho *s = container_of(pv, VirtIOEcho, requests);
    uint64_t n = qemu_get_be64(f);
    int64_t deadline;
    EchoRequest *req;

    if (n > VIRTQUEUE_MAX_SIZE) {
        return -EINVAL;
    }
    for (s->in_flight = 0; s->in_flight < n; s->in_flight++) {
        deadline = qemu_get_be64(f);
        req = qemu_get_virtqueue_element(VIRTIO_DEVICE(s), f, sizeof(*req));
        req->deadline = deadline;
        QTAILQ_INSERT_TAIL(&s->requests, req, next);
        if (!echo_well_formed(&req->elem)) {
            return -EINVAL;
        }
    }
    return 0;
}

static const VMStateInfo echo_requests_info = {
    .name = "virtio-echo requests",
    .get = echo_get_requests,
    .put = echo_put_requests,
};

static int echo_pre_load(void *opaque)
{
    echo_drop_requests(opaque);
    return 0;
}

static int echo_post_load(void *opaque, int version_id)
{
    VirtIOEcho *s = opaque;
    Error *err = NULL;
    int i;

    if (s->backlog_first >= ECHO_BACKLOG || s->backlog_len > ECHO_BACKLOG ||
        s->latency_us > ECHO_LATENCY_LIMIT_US) {
        return -EINVAL;
    }
    for (i = 0; i < ECHO_BACKLOG; i++) {
        if (le32_to_cpu(s->backlog[i].len) > VIRTIO_ECHO_EVENT_MAX) {
            return -EINVAL;
        }
    }
    if (!echo_greeting_ok((char *)s->greeting, s->greeting_len, &err)) {
        error_report_err(err);
        return -EINVAL;
    }
    return 0;
}

/* Events are little-endian on any host: bytes */
static const VMStateDescription vmstate_echo_event = {
    .name = "virtio-echo-event",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_BUFFER_UNSAFE(seq, struct virtio_echo_event, 1,
                              sizeof(struct virtio_echo_event)),
        VMSTATE_END_OF_LIST()
    }
};

static const VMStateDescription vmstate_echo_device = {
    .name = "virtio-echo-device",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_load = echo_pre_load,
    .post_load = echo_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_SAME_UINT32(max_payload, VirtIOEcho,
                            "max-payload must be the same on both sides"),
        VMSTATE_UINT8_ARRAY(greeting, VirtIOEcho, VIRTIO_ECHO_GREETING_MAX),
        VMSTATE_UINT16(greeting_len, VirtIOEcho),
        VMSTATE_UINT64(latency_us, VirtIOEcho),
        VMSTATE_STRUCT_ARRAY(backlog, VirtIOEcho, ECHO_BACKLOG, 1,
                             vmstate_echo_event, struct virtio_echo_event),
        VMSTATE_UINT32(backlog_first, VirtIOEcho),
        VMSTATE_UINT32(backlog_len, VirtIOEcho),
        VMSTATE_UINT32(seq, VirtIOEcho),
        VMSTATE_UINT64(events_sent, VirtIOEcho),
        VMSTATE_UINT64(events_dropped, VirtIOEcho),
        VMSTATE_SINGLE(requests, VirtIOEcho, 1, echo_requests_info,
                       EchoRequests),
        VMSTATE_END_OF_LIST()
    }
};

static const VMStateDescription vmstate_echo = {
    .name = "virtio-echo",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_VIRTIO_DEVICE,
        VMSTATE_END_OF_LIST()
    }
};

static VirtQueue *echo_add_queue(VirtIOEcho *s, int n)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(s);
    VirtQueue *vq = virtio_add_queue(vdev, s->queue_size, echo_handle_output);

    virtio_queue_set_max_num(vdev, n, s->queue_size);
    return vq;
}

static void echo_realize(DeviceState *dev, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    VirtIOEcho *s = VIRTIO_ECHO(dev);

    if (!echo_check_properties(s, errp)) {
        return;
    }

    virtio_init(vdev, VIRTIO_ID_ECHO, sizeof(struct virtio_echo_config));
    s->request_vq = echo_add_queue(s, VIRTIO_ECHO_VQ_REQUEST);
    if (virtio_host_has_feature(vdev, VIRTIO_ECHO_F_EVENT)) {
        s->event_vq = echo_add_queue(s, VIRTIO_ECHO_VQ_EVENT);
    }
    s->worker = virtio_bh_new_guarded(dev, echo_work, s);
    s->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, echo_wake, s);
    s->piece = g_malloc(ECHO_PIECE);
    QTAILQ_INIT(&s->requests);
}

static void echo_unrealize(DeviceState *dev)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    VirtIOEcho *s = VIRTIO_ECHO(dev);

    echo_drop_requests(s);
    g_free(s->piece);
    timer_free(s->timer);
    qemu_bh_delete(s->worker);
    if (s->event_vq) {
        virtio_delete_queue(s->event_vq);
    }
    virtio_delete_queue(s->request_vq);
    virtio_cleanup(vdev);
}

static void echo_class_init(ObjectClass *klass, ClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);

    dc->desc = "virtio-echo: " ECHO_DESC;
    dc->vmsd = &vmstate_echo;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    echo_add_properties(dc);
    vdc->realize = echo_realize;
    vdc->unrealize = echo_unrealize;
    vdc->get_features = echo_get_features;
    vdc->get_config = echo_get_config;
    vdc->set_status = echo_set_status;
    vdc->reset = echo_reset;
    vdc->queue_reset = echo_queue_reset;
    vdc->vmsd = &vmstate_echo_device;
}

static const TypeInfo echo_info = {
    .name = TYPE_VIRTIO_ECHO,
    .parent = TYPE_VIRTIO_DEVICE,
    .instance_size = sizeof(VirtIOEcho),
    .class_init = echo_class_init,
};

static void echo_register(void)
{
    virtio_register_id(VIRTIO_ID_ECHO, "virtio-echo", echo_features);
    type_register_static(&echo_info);
}

type_init(echo_register)
