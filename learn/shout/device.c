/*
 * virtio-shout: takes a word, answers it in capitals. It holds nothing
 * meanwhile, so reset, unplug and migration need no code.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/iov.h"
#include "qemu/module.h"
#include "hw/virtio/virtio-pci.h"
#include "abi.h"

#define TYPE_VIRTIO_SHOUT "virtio-shout-device"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOShout, VIRTIO_SHOUT)

struct VirtIOShout {
    VirtIODevice parent_obj;
};

/* Is the buffer as abi.h says? If not, the device is broken and this false. */
static bool shout_check(VirtIODevice *vdev, VirtQueue *vq,
                        VirtQueueElement *elem)
{
    size_t len = iov_size(elem->out_sg, elem->out_num);
    size_t room = iov_size(elem->in_sg, elem->in_num);

    /* learn: cut hostile-guest */
    if (!len || len > VIRTIO_SHOUT_MAX || len > room) {
        virtio_error(vdev, "virtio-shout: word of %zu bytes", len);
        virtqueue_detach_element(vq, elem, 0);
        return false;
    }
    return true;
    /* learn: instead */
    /* learn: + (void)len, (void)room; */
    /* learn: + return true; */
    /* learn: mistake empty-taken */
    /* learn: - if (!len || len > VIRTIO_SHOUT_MAX || len > room) { */
    /* learn: + if (len > VIRTIO_SHOUT_MAX || len > room) { */
    /* learn: mistake room-unchecked */
    /* learn: - if (!len || len > VIRTIO_SHOUT_MAX || len > room) { */
    /* learn: + (void)room; */
    /* learn: + if (!len || len > VIRTIO_SHOUT_MAX) { */
    /* learn: mistake long-taken */
    /* learn: - if (!len || len > VIRTIO_SHOUT_MAX || len > room) { */
    /* learn: + if (!len || len > room) { */
    /* learn: mistake off-by-one */
    /* learn: - if (!len || len > VIRTIO_SHOUT_MAX || len > room) { */
    /* learn: + if (!len || len >= VIRTIO_SHOUT_MAX || len > room) { */
    /* learn: mistake given-back */
    /* learn: - virtio_error(vdev, "virtio-shout: word of %zu bytes", len); */
    /* learn: - virtqueue_detach_element(vq, elem, 0); */
    /* learn: + if (!len) { */
    /* learn: +     virtio_error(vdev, "virtio-shout: no word"); */
    /* learn: +     virtqueue_detach_element(vq, elem, 0); */
    /* learn: + } else { */
    /* learn: +     virtqueue_push(vq, elem, 0); */
    /* learn: +     virtio_notify(vdev, vq); */
    /* learn: + } */
    /* learn: mistake aborts */
    /* learn: - virtio_error(vdev, "virtio-shout: word of %zu bytes", len); */
    /* learn: + abort(); */
    /* learn: mistake silent */
    /* learn: - virtio_error(vdev, "virtio-shout: word of %zu bytes", len); */
    /* learn: mistake no-detach */
    /* learn: - virtqueue_detach_element(vq, elem, 0); */
    /* learn: mistake freed-twice */
    /* learn: - return false; */
    /* learn: + g_free(elem); */
    /* learn: + return false; */
    /* learn: mistake answered-anyway */
    /* learn: - return false; */
    /* learn: mistake exact-room */
    /* learn: - if (!len || len > VIRTIO_SHOUT_MAX || len > room) { */
    /* learn: + if (!len || len > VIRTIO_SHOUT_MAX || len >= room) { */
    /* learn: mistake large-room */
    /* learn: - if (!len || len > VIRTIO_SHOUT_MAX || len > room) { */
    /* learn: + if (!len || len > room || room > VIRTIO_SHOUT_MAX) { */
    /* learn: mistake exits */
    /* learn: - virtio_error(vdev, "virtio-shout: word of %zu bytes", len); */
    /* learn: + exit(1); */
    /* learn: mistake short-refused */
    /* learn: - if (!len || len > VIRTIO_SHOUT_MAX || len > room) { */
    /* learn: + if (len <= 1 || len > VIRTIO_SHOUT_MAX || len > room) { */
    /* learn: end */
}

static void shout_answer(VirtIODevice *vdev, VirtQueue *vq,
                         VirtQueueElement *elem)
{
    size_t len = iov_size(elem->out_sg, elem->out_num);
    uint8_t text[VIRTIO_SHOUT_MAX];

    iov_to_buf(elem->out_sg, elem->out_num, 0, text, len);
    for (size_t i = 0; i < len; i++) {
        text[i] = g_ascii_toupper(text[i]);
    }
    iov_from_buf(elem->in_sg, elem->in_num, 0, text, len);
    /* learn: cut used-length */
    virtqueue_push(vq, elem, len);
    /* learn: instead */
    /* learn: + virtqueue_push(vq, elem, 0); */
    /* learn: mistake room-used */
    /* learn: - virtqueue_push(vq, elem, len); */
    /* learn: + len = iov_size(elem->in_sg, elem->in_num); */
    /* learn: + virtqueue_push(vq, elem, len); */
    /* learn: mistake both-ways */
    /* learn: - virtqueue_push(vq, elem, len); */
    /* learn: + virtqueue_push(vq, elem, */
    /* learn: +                len + iov_size(elem->in_sg, elem->in_num)); */
    /* learn: mistake end-counted */
    /* learn: - virtqueue_push(vq, elem, len); */
    /* learn: + virtqueue_push(vq, elem, len + 1); */
    /* learn: mistake max-used */
    /* learn: - virtqueue_push(vq, elem, len); */
    /* learn: + virtqueue_push(vq, elem, sizeof(text)); */
    /* learn: mistake none-used */
    /* learn: - virtqueue_push(vq, elem, len); */
    /* learn: + virtqueue_push(vq, elem, 0); */
    /* learn: end */
}

/* The driver has kicked the queue: there may be any number of buffers */
static void shout_handle_output(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtQueueElement *elem;

    /* learn: cut serve */
    while ((elem = virtqueue_pop(vq, sizeof(*elem)))) {
        if (shout_check(vdev, vq, elem)) {
            shout_answer(vdev, vq, elem);
            virtio_notify(vdev, vq);
        }
        g_free(elem);
    }
    /* learn: instead */
    /* learn: + (void)elem; */
    /* learn: + (void)shout_check; */
    /* learn: + (void)shout_answer; */
    /* learn: mistake one-pop */
    /* learn: - while ((elem = virtqueue_pop(vq, sizeof(*elem)))) { */
    /* learn: + elem = virtqueue_pop(vq, sizeof(*elem)); */
    /* learn: + if (elem) { */
    /* learn: mistake no-notify */
    /* learn: - virtio_notify(vdev, vq); */
    /* learn: mistake no-push */
    /* learn: - shout_answer(vdev, vq, elem); */
    /* learn: + (void)shout_answer; */
    /* learn: mistake no-free */
    /* learn: - g_free(elem); */
    /* learn: mistake freed-first */
    /* learn: - if (shout_check(vdev, vq, elem)) { */
    /* learn: + g_free(elem); */
    /* learn: + if (shout_check(vdev, vq, elem)) { */
    /* learn: - g_free(elem); */
    /* learn: mistake freed-twice */
    /* learn: - virtio_notify(vdev, vq); */
    /* learn: + virtio_notify(vdev, vq); */
    /* learn: + g_free(elem); */
    /* learn: mistake pushed-twice */
    /* learn: - virtio_notify(vdev, vq); */
    /* learn: + virtqueue_push(vq, elem, 0); */
    /* learn: + virtio_notify(vdev, vq); */
    /* learn: mistake unanswered */
    /* learn: - shout_answer(vdev, vq, elem); */
    /* learn: + (void)shout_answer; */
    /* learn: + virtqueue_push(vq, elem, 5); */
    /* learn: mistake small-element */
    /* learn: - while ((elem = virtqueue_pop(vq, sizeof(*elem)))) { */
    /* learn: + while ((elem = virtqueue_pop(vq, sizeof(elem)))) { */
    /* learn: mistake no-end */
    /* learn: - while ((elem = virtqueue_pop(vq, sizeof(*elem)))) { */
    /* learn: + while (true) { */
    /* learn: +     elem = virtqueue_pop(vq, sizeof(*elem)); */
    /* learn: mistake endless */
    /* learn: - while ((elem = virtqueue_pop(vq, sizeof(*elem)))) { */
    /* learn: + while (true) { */
    /* learn: +     elem = virtqueue_pop(vq, sizeof(*elem)); */
    /* learn: +     if (!elem) { */
    /* learn: +         continue; */
    /* learn: +     } */
    /* learn: mistake unchecked */
    /* learn: - if (shout_check(vdev, vq, elem)) { */
    /* learn: - shout_answer(vdev, vq, elem); */
    /* learn: + shout_check(vdev, vq, elem); */
    /* learn: + shout_answer(vdev, vq, elem); */
    /* learn: + { */
    /* learn: end */
}

static void shout_get_config(VirtIODevice *vdev, uint8_t *data)
{
    struct virtio_shout_config config = {
        .max = cpu_to_le16(VIRTIO_SHOUT_MAX),
    };

    memcpy(data, &config, sizeof(config));
}

static uint64_t shout_get_features(VirtIODevice *vdev, uint64_t features,
                                   Error **errp)
{
    return features;
}

static void shout_realize(DeviceState *dev, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);

    virtio_init(vdev, VIRTIO_ID_SHOUT, sizeof(struct virtio_shout_config));
    virtio_add_queue(vdev, 16, shout_handle_output);
}

static void shout_unrealize(DeviceState *dev)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);

    virtio_del_queue(vdev, VIRTIO_SHOUT_VQ_REQUESTS);
    virtio_cleanup(vdev);
}

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
    vdc->realize = shout_realize;
    vdc->unrealize = shout_unrealize;
    vdc->get_features = shout_get_features;
    vdc->get_config = shout_get_config;
}

static const TypeInfo shout_info = {
    .name = TYPE_VIRTIO_SHOUT,
    .parent = TYPE_VIRTIO_DEVICE,
    .instance_size = sizeof(VirtIOShout),
    .class_init = shout_class_init,
};

static const VirtioPCIDeviceTypeInfo shout_pci_info = {
    .generic_name = "virtio-shout-pci",
    .device = TYPE_VIRTIO_SHOUT,
    .nvectors = 2, /* for the queue and for the configuration */
};

static void shout_register(void)
{
    virtio_register_id(VIRTIO_ID_SHOUT, "virtio-shout", NULL);
    type_register_static(&shout_info);
    virtio_pci_types_register(&shout_pci_info);
}

type_init(shout_register)
