/*
 * virtio-echo on PCI: modern only, PCI device id 0x1040 + 61.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio-pci.h"
#include "device.h"

#define TYPE_VIRTIO_ECHO_PCI "virtio-echo-pci-base"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOEchoPCI, VIRTIO_ECHO_PCI)

struct VirtIOEchoPCI {
    VirtIOPCIProxy parent_obj;
    VirtIOEcho vdev;
};

static void echo_pci_realize(VirtIOPCIProxy *proxy, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(&VIRTIO_ECHO_PCI(proxy)->vdev);

    /* One vector for each queue and one for the configuration */
    if (proxy->nvectors == DEV_NVECTORS_UNSPECIFIED) {
        proxy->nvectors =
            virtio_host_has_feature(vdev, VIRTIO_ECHO_F_EVENT) ? 3 : 2;
    }
    virtio_pci_force_virtio_1(proxy);
    qdev_realize(DEVICE(vdev), BUS(&proxy->bus), errp);
}

static const Property echo_pci_properties[] = {
    DEFINE_PROP_BIT("ioeventfd", VirtIOPCIProxy, flags,
                    VIRTIO_PCI_FLAG_USE_IOEVENTFD_BIT, true),
    DEFINE_PROP_UINT32("vectors", VirtIOPCIProxy, nvectors,
                       DEV_NVECTORS_UNSPECIFIED),
};

static void echo_pci_class_init(ObjectClass *klass, ClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    dc->desc = "virtio-echo: " ECHO_DESC;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    device_class_set_props(dc, echo_pci_properties);
    pc->class_id = PCI_CLASS_OTHERS;
    VIRTIO_PCI_CLASS(klass)->realize = echo_pci_realize;
}

static void echo_pci_init(Object *obj)
{
    VirtIOEchoPCI *s = VIRTIO_ECHO_PCI(obj);

    virtio_instance_init_common(obj, &s->vdev, sizeof(s->vdev),
                                TYPE_VIRTIO_ECHO);
}

static const VirtioPCIDeviceTypeInfo echo_pci_info = {
    .base_name = TYPE_VIRTIO_ECHO_PCI,
    .generic_name = "virtio-echo-pci",
    .instance_size = sizeof(VirtIOEchoPCI),
    .instance_init = echo_pci_init,
    .class_init = echo_pci_class_init,
};

static void echo_pci_register(void)
{
    virtio_pci_types_register(&echo_pci_info);
}

type_init(echo_pci_register)
