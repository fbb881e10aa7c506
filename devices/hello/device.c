/*
 * virtio-hello: takes messages, transforms them, gives them back, and sends
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
#include "trace/trace-hw_virtio_kernelcraft_hello.h"
#include "device.h"

static const qmp_virtio_feature_map_t hello_features[] = {
    { VIRTIO_HELLO_F_EVENT,
      "VIRTIO_HELLO_F_EVENT: Device sends messages on an event queue" },
    { VIRTIO_HELLO_F_TRANSFORM,
      "VIRTIO_HELLO_F_TRANSFORM: Operations other than ECHO" },
    { -1, "" }
};

static void hello_rearm(VirtIOHello *s)
{
    int64_t first = INT64_MAX;
    HelloRequest *req;

    if (hello_window_open(s) && !virtio_queue_empty(s->request_vq)) {
        qemu_bh_schedule(s->worker);
    }
    QTAILQ_FOREACH(req, &s->requests, next) {
        first = MIN(first, req->deadline);
    }
    if (first != INT64_MAX) {
        timer_mod(s->timer, first);
    }
}

static void hello_work(void *opaque)
{
    VirtIOHello *s = opaque;
    VirtIODevice *vdev = VIRTIO_DEVICE(s);

    /* A stopped VM and a late driver wake us again in hello_set_status() */
    if (!vdev->vm_running || !(vdev->status & VIRTIO_CONFIG_S_DRIVER_OK) ||
        !virtio_vdev_has_feature(vdev, VIRTIO_F_VERSION_1) ||
        virtio_device_disabled(vdev)) {
        return;
    }
    hello_take_requests(s);
    hello_complete_requests(s);
    hello_send_events(s);
    hello_rearm(s);
}

static void hello_wake(void *opaque)
{
    VirtIOHello *s = opaque;

    qemu_bh_schedule(s->worker);
}

static void hello_handle_output(VirtIODevice *vdev, VirtQueue *vq)
{
    hello_wake(VIRTIO_HELLO(vdev));
}

static void hello_set_status(VirtIODevice *vdev, uint8_t status)
{
    if (vdev->vm_running && (status & VIRTIO_CONFIG_S_DRIVER_OK)) {
        hello_wake(VIRTIO_HELLO(vdev));
    }
}

static void hello_reset(VirtIODevice *vdev)
{
    VirtIOHello *s = VIRTIO_HELLO(vdev);

    trace_virtio_hello_reset(s);
    qemu_bh_cancel(s->worker);
    hello_drop_requests(s);
}

static void hello_queue_reset(VirtIODevice *vdev, uint32_t n)
{
    if (n == VIRTIO_HELLO_VQ_REQUEST) {
        hello_drop_requests(VIRTIO_HELLO(vdev));
    }
}

static uint64_t hello_get_features(VirtIODevice *vdev, uint64_t features,
                                   Error **errp)
{
    if (!virtio_has_feature(features, VIRTIO_F_VERSION_1)) {
        error_setg(errp, "virtio-hello is modern only, its bus is legacy; for "
                   "virtio-mmio use -global virtio-mmio.force-legacy=false");
    }
    return features;
}

static void hello_get_config(VirtIODevice *vdev, uint8_t *data)
{
    VirtIOHello *s = VIRTIO_HELLO(vdev);
    struct virtio_hello_config config = {
        .version = cpu_to_le16(VIRTIO_HELLO_VERSION),
        .greeting_len = cpu_to_le16(s->greeting_len),
        .max_payload = cpu_to_le32(s->max_payload),
    };

    memcpy(config.greeting, s->greeting, s->greeting_len);
    memcpy(data, &config, sizeof(config));
}

static int hello_put_requests(QEMUFile *f, void *pv, size_t size,
                              const VMStateField *field, JSONWriter *vmdesc)
{
    VirtIOHello *s = container_of(pv, VirtIOHello, requests);
    HelloRequest *req;

    qemu_put_be64(f, s->in_flight);
    QTAILQ_FOREACH(req, &s->requests, next) {
        qemu_put_be64(f, req->deadline);
        qemu_put_virtqueue_element(VIRTIO_DEVICE(s), f, &req->elem);
    }
    return 0;
}

static int hello_get_requests(QEMUFile *f, void *pv, size_t size,
                              const VMStateField *field)
{
    VirtIOHello *s = container_of(pv, VirtIOHello, requests);
    uint64_t n = qemu_get_be64(f);
    int64_t deadline;
    HelloRequest *req;

    if (n > VIRTQUEUE_MAX_SIZE) {
        return -EINVAL;
    }
    for (s->in_flight = 0; s->in_flight < n; s->in_flight++) {
        deadline = qemu_get_be64(f);
        req = qemu_get_virtqueue_element(VIRTIO_DEVICE(s), f, sizeof(*req));
        req->deadline = deadline;
        QTAILQ_INSERT_TAIL(&s->requests, req, next);
        if (!hello_well_formed(&req->elem)) {
            return -EINVAL;
        }
    }
    return 0;
}

static const VMStateInfo hello_requests_info = {
    .name = "virtio-hello requests",
    .get = hello_get_requests,
    .put = hello_put_requests,
};

static int hello_pre_load(void *opaque)
{
    hello_drop_requests(opaque);
    return 0;
}

static int hello_post_load(void *opaque, int version_id)
{
    VirtIOHello *s = opaque;
    Error *err = NULL;
    int i;

    if (s->backlog_first >= HELLO_BACKLOG || s->backlog_len > HELLO_BACKLOG ||
        s->latency_us > HELLO_LATENCY_LIMIT_US) {
        return -EINVAL;
    }
    for (i = 0; i < HELLO_BACKLOG; i++) {
        if (le32_to_cpu(s->backlog[i].len) > VIRTIO_HELLO_EVENT_MAX) {
            return -EINVAL;
        }
    }
    if (!hello_greeting_ok((char *)s->greeting, s->greeting_len, &err)) {
        error_report_err(err);
        return -EINVAL;
    }
    return 0;
}

/* Events are little-endian on any host: bytes */
static const VMStateDescription vmstate_hello_event = {
    .name = "virtio-hello-event",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_BUFFER_UNSAFE(seq, struct virtio_hello_event, 1,
                              sizeof(struct virtio_hello_event)),
        VMSTATE_END_OF_LIST()
    }
};

static const VMStateDescription vmstate_hello_device = {
    .name = "virtio-hello-device",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_load = hello_pre_load,
    .post_load = hello_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32_EQUAL(max_payload, VirtIOHello,
                             "max-payload must be the same on both sides"),
        VMSTATE_UINT8_ARRAY(greeting, VirtIOHello, VIRTIO_HELLO_GREETING_MAX),
        VMSTATE_UINT16(greeting_len, VirtIOHello),
        VMSTATE_UINT64(latency_us, VirtIOHello),
        VMSTATE_STRUCT_ARRAY(backlog, VirtIOHello, HELLO_BACKLOG, 1,
                             vmstate_hello_event, struct virtio_hello_event),
        VMSTATE_UINT32(backlog_first, VirtIOHello),
        VMSTATE_UINT32(backlog_len, VirtIOHello),
        VMSTATE_UINT32(seq, VirtIOHello),
        VMSTATE_UINT64(events_sent, VirtIOHello),
        VMSTATE_UINT64(events_dropped, VirtIOHello),
        VMSTATE_SINGLE(requests, VirtIOHello, 1, hello_requests_info,
                       HelloRequests),
        VMSTATE_END_OF_LIST()
    }
};

static const VMStateDescription vmstate_hello = {
    .name = "virtio-hello",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_VIRTIO_DEVICE,
        VMSTATE_END_OF_LIST()
    }
};

static VirtQueue *hello_add_queue(VirtIOHello *s, int n)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(s);
    VirtQueue *vq = virtio_add_queue(vdev, s->queue_size, hello_handle_output);

    virtio_queue_set_max_num(vdev, n, s->queue_size);
    return vq;
}

static void hello_realize(DeviceState *dev, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    VirtIOHello *s = VIRTIO_HELLO(dev);

    if (!hello_check_properties(s, errp)) {
        return;
    }

    virtio_init(vdev, VIRTIO_ID_HELLO, sizeof(struct virtio_hello_config));
    s->request_vq = hello_add_queue(s, VIRTIO_HELLO_VQ_REQUEST);
    if (virtio_host_has_feature(vdev, VIRTIO_HELLO_F_EVENT)) {
        s->event_vq = hello_add_queue(s, VIRTIO_HELLO_VQ_EVENT);
    }
    s->worker = virtio_bh_new_guarded(dev, hello_work, s);
    s->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, hello_wake, s);
    s->piece = g_malloc(HELLO_PIECE);
    QTAILQ_INIT(&s->requests);
}

static void hello_unrealize(DeviceState *dev)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    VirtIOHello *s = VIRTIO_HELLO(dev);

    hello_drop_requests(s);
    g_free(s->piece);
    timer_free(s->timer);
    qemu_bh_delete(s->worker);
    if (s->event_vq) {
        virtio_delete_queue(s->event_vq);
    }
    virtio_delete_queue(s->request_vq);
    virtio_cleanup(vdev);
}

static void hello_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);

    dc->desc = "virtio-hello: " HELLO_DESC;
    dc->vmsd = &vmstate_hello;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    hello_add_properties(dc);
    vdc->realize = hello_realize;
    vdc->unrealize = hello_unrealize;
    vdc->get_features = hello_get_features;
    vdc->get_config = hello_get_config;
    vdc->set_status = hello_set_status;
    vdc->reset = hello_reset;
    vdc->queue_reset = hello_queue_reset;
    vdc->vmsd = &vmstate_hello_device;
}

static const TypeInfo hello_info = {
    .name = TYPE_VIRTIO_HELLO,
    .parent = TYPE_VIRTIO_DEVICE,
    .instance_size = sizeof(VirtIOHello),
    .class_init = hello_class_init,
};

static void hello_register(void)
{
    virtio_register_id(VIRTIO_ID_HELLO, "virtio-hello", hello_features);
    type_register_static(&hello_info);
}

type_init(hello_register)
