/*
 * How a device answers: it pops a buffer off the queue, reads what the driver
 * wrote, fills in the answer, pushes the buffer back and notifies the driver.
 * It holds nothing meanwhile, so reset, unplug and migration need no code.
 * A guest may put any length into a buffer: each is checked before use.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/iov.h"
#include "qemu/module.h"
#include "hw/virtio/virtio-pci.h"
#include "abi.h"

#define TYPE_VIRTIO_HELLO "virtio-hello-device"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOHello, VIRTIO_HELLO)

struct VirtIOHello {
    VirtIODevice parent_obj;
};

static void hello_answer(VirtIODevice *vdev, VirtQueue *vq,
                         VirtQueueElement *elem)
{
    size_t len = iov_size(elem->out_sg, elem->out_num);
    uint8_t text[VIRTIO_HELLO_MAX];

    if (!len || len > sizeof(text) ||
        len > iov_size(elem->in_sg, elem->in_num)) {
        virtio_error(vdev, "virtio-hello: message of %zu bytes", len);
        virtqueue_detach_element(vq, elem, 0);
        return;
    }
    iov_to_buf(elem->out_sg, elem->out_num, 0, text, len);
    for (size_t i = 0; i < len; i++) {
        text[i] = g_ascii_toupper(text[i]);
    }
    iov_from_buf(elem->in_sg, elem->in_num, 0, text, len);
    virtqueue_push(vq, elem, len);
    virtio_notify(vdev, vq);
}

/* The driver has kicked the queue */
static void hello_handle_output(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtQueueElement *elem;

    while ((elem = virtqueue_pop(vq, sizeof(*elem)))) {
        hello_answer(vdev, vq, elem);
        g_free(elem);
    }
}

/* What every virtio device offers, and nothing of its own */
static uint64_t hello_get_features(VirtIODevice *vdev, uint64_t features,
                                   Error **errp)
{
    return features;
}

static void hello_realize(DeviceState *dev, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);

    virtio_init(vdev, VIRTIO_ID_HELLO, 0);
    virtio_add_queue(vdev, 16, hello_handle_output);
}

static void hello_unrealize(DeviceState *dev)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);

    virtio_del_queue(vdev, VIRTIO_HELLO_VQ_REQUESTS);
    virtio_cleanup(vdev);
}

static const VMStateDescription vmstate_hello = {
    .name = "virtio-hello",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_VIRTIO_DEVICE,
        VMSTATE_END_OF_LIST()
    }
};

static void hello_class_init(ObjectClass *klass, ClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);

    dc->vmsd = &vmstate_hello;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    vdc->realize = hello_realize;
    vdc->unrealize = hello_unrealize;
    vdc->get_features = hello_get_features;
}

static const TypeInfo hello_info = {
    .name = TYPE_VIRTIO_HELLO,
    .parent = TYPE_VIRTIO_DEVICE,
    .instance_size = sizeof(VirtIOHello),
    .class_init = hello_class_init,
};

/* On PCI: a proxy that has a device of this type on its bus */
static const VirtioPCIDeviceTypeInfo hello_pci_info = {
    .generic_name = "virtio-hello-pci",
    .device = TYPE_VIRTIO_HELLO,
    .nvectors = 2, /* for the queue and for the configuration */
};

static void hello_register(void)
{
    virtio_register_id(VIRTIO_ID_HELLO, "virtio-hello", NULL);
    type_register_static(&hello_info);
    virtio_pci_types_register(&hello_pci_info);
}

type_init(hello_register)
