/*
 * The device that drivers of the exercises are graded with. It answers as
 * virtio-shout does, but when and with what used length its properties say, and
 * it notes what it saw of the driver: the word "?" is answered 'E' where
 * DRIVER_OK came before the queue, else '-'.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/iov.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio-pci.h"
#include "abi.h"

#define SHOUT_QUEUE 16          /* descriptors; a driver can fill it */

#define TYPE_VIRTIO_SHOUT "virtio-shout-device"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOShout, VIRTIO_SHOUT)

struct VirtIOShout {
    VirtIODevice parent_obj;
    GQueue held; /* of VirtQueueElement */
    QEMUTimer *timer;
    bool early;
    uint16_t max;
    bool no_queue;
    uint32_t hold;
    uint32_t spaced_ms;
    int32_t lie;
};

static void shout_answer(VirtIOShout *s, VirtQueueElement *elem)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(s);
    VirtQueue *vq = virtio_get_queue(vdev, VIRTIO_SHOUT_VQ_REQUESTS);
    size_t len = iov_size(elem->out_sg, elem->out_num);
    uint8_t text[VIRTIO_SHOUT_MAX];

    iov_to_buf(elem->out_sg, elem->out_num, 0, text, len);
    for (size_t i = 0; i < len; i++) {
        text[i] = g_ascii_toupper(text[i]);
    }
    if (len == 1 && text[0] == '?') {
        text[0] = s->early ? 'E' : '-';
    }
    iov_from_buf(elem->in_sg, elem->in_num, 0, text, len);
    virtqueue_push(vq, elem, MAX((int)len + s->lie, 0));
    g_free(elem);
}

static void shout_answer_held(void *opaque)
{
    VirtIOShout *s = opaque;
    VirtIODevice *vdev = VIRTIO_DEVICE(s);
    VirtQueueElement *elem;

    while ((elem = g_queue_pop_head(&s->held))) {
        shout_answer(s, elem);
        if (s->spaced_ms && !g_queue_is_empty(&s->held)) {
            timer_mod(s->timer, qemu_clock_get_ms(QEMU_CLOCK_REALTIME) +
                      s->spaced_ms);
            break;
        }
    }
    virtio_notify(vdev, virtio_get_queue(vdev, VIRTIO_SHOUT_VQ_REQUESTS));
}

static bool shout_check(VirtIODevice *vdev, VirtQueue *vq,
                        VirtQueueElement *elem)
{
    size_t len = iov_size(elem->out_sg, elem->out_num);

    if (len && len <= VIRTIO_SHOUT_MAX &&
        len <= iov_size(elem->in_sg, elem->in_num)) {
        return true;
    }
    virtio_error(vdev, "virtio-shout: word of %zu bytes", len);
    virtqueue_detach_element(vq, elem, 0);
    g_free(elem);
    return false;
}

static void shout_handle_output(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIOShout *s = VIRTIO_SHOUT(vdev);
    VirtQueueElement *elem;

    while ((elem = virtqueue_pop(vq, sizeof(*elem)))) {
        if (!shout_check(vdev, vq, elem)) {
            return;
        }
        g_queue_push_tail(&s->held, elem);
    }
    if (g_queue_get_length(&s->held) >= MAX(s->hold, 1)) {
        shout_answer_held(s);
    }
}

static StatusResult shout_set_status(VirtIODevice *vdev, uint8_t status)
{
    VirtIOShout *s = VIRTIO_SHOUT(vdev);

    if ((status & VIRTIO_CONFIG_S_DRIVER_OK) && !s->no_queue &&
        !virtio_queue_get_desc_addr(vdev, VIRTIO_SHOUT_VQ_REQUESTS)) {
        s->early = true;
    }
    return STATUS_TAKEN;
}

static void shout_reset(VirtIODevice *vdev)
{
    VirtIOShout *s = VIRTIO_SHOUT(vdev);
    VirtQueueElement *elem;

    timer_del(s->timer);
    while ((elem = g_queue_pop_head(&s->held))) {
        virtqueue_detach_element(virtio_get_queue(vdev, 0), elem, 0);
        g_free(elem);
    }
}

static void shout_get_config(VirtIODevice *vdev, uint8_t *data)
{
    struct virtio_shout_config config = {
        .max = cpu_to_le16(VIRTIO_SHOUT(vdev)->max),
    };

    memcpy(data, &config, sizeof(config));
}

static uint64_t shout_get_features(VirtIODevice *vdev, uint64_t features,
                                   Error **errp)
{
    return features;
}

static void shout_set_max(Object *obj, Visitor *v, const char *name,
                          void *opaque, Error **errp)
{
    if (visit_type_uint16(v, name, &VIRTIO_SHOUT(obj)->max, errp) &&
        DEVICE(obj)->realized) {
        virtio_notify_config(VIRTIO_DEVICE(obj));
    }
}

static void shout_realize(DeviceState *dev, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    VirtIOShout *s = VIRTIO_SHOUT(dev);

    virtio_init(vdev, VIRTIO_ID_SHOUT, sizeof(struct virtio_shout_config));
    if (!s->no_queue) {
        virtio_add_queue(vdev, SHOUT_QUEUE, shout_handle_output);
        virtio_queue_set_max_num(vdev, VIRTIO_SHOUT_VQ_REQUESTS, SHOUT_QUEUE);
    }
    s->timer = timer_new_ms(QEMU_CLOCK_REALTIME, shout_answer_held, s);
}

static void shout_unrealize(DeviceState *dev)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);

    shout_reset(vdev);
    timer_free(VIRTIO_SHOUT(dev)->timer);
    if (!VIRTIO_SHOUT(dev)->no_queue) {
        virtio_del_queue(vdev, VIRTIO_SHOUT_VQ_REQUESTS);
    }
    virtio_cleanup(vdev);
}

static void shout_instance_init(Object *obj)
{
    VIRTIO_SHOUT(obj)->max = VIRTIO_SHOUT_MAX;
}

static const Property shout_properties[] = {
    DEFINE_PROP_BOOL("no-queue", VirtIOShout, no_queue, false),
    DEFINE_PROP_UINT32("hold", VirtIOShout, hold, 0),
    DEFINE_PROP_UINT32("spaced-ms", VirtIOShout, spaced_ms, 0),
    DEFINE_PROP_INT32("lie", VirtIOShout, lie, 0),
};

/* Saved only while no driver has touched it: the guest's agent was just up */
static const VMStateDescription vmstate_shout = {
    .name = "virtio-shout",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_VIRTIO_DEVICE,
        VMSTATE_END_OF_LIST()
    }
};

static void shout_class_init(ObjectClass *klass, ClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);

    dc->vmsd = &vmstate_shout;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    device_class_set_props(dc, shout_properties);
    object_class_property_add(klass, "max", "uint16", NULL, shout_set_max,
                              NULL, NULL);
    vdc->realize = shout_realize;
    vdc->unrealize = shout_unrealize;
    vdc->get_features = shout_get_features;
    vdc->get_config = shout_get_config;
    vdc->set_status = shout_set_status;
    vdc->reset = shout_reset;
}

static const TypeInfo shout_info = {
    .name = TYPE_VIRTIO_SHOUT,
    .parent = TYPE_VIRTIO_DEVICE,
    .instance_size = sizeof(VirtIOShout),
    .instance_init = shout_instance_init,
    .class_init = shout_class_init,
};

static const VirtioPCIDeviceTypeInfo shout_pci_info = {
    .generic_name = "virtio-shout-pci",
    .device = TYPE_VIRTIO_SHOUT,
    .nvectors = 2,
};

static void shout_register(void)
{
    virtio_register_id(VIRTIO_ID_SHOUT, "virtio-shout", NULL);
    type_register_static(&shout_info);
    virtio_pci_types_register(&shout_pci_info);
}

type_init(shout_register)
