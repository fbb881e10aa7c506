/*
 * virtio-hello on PCI: modern only, PCI device id 0x1040 + 63.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio-pci.h"
#include "device.h"

#define TYPE_VIRTIO_HELLO_PCI "virtio-hello-pci-base"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOHelloPCI, VIRTIO_HELLO_PCI)

struct VirtIOHelloPCI {
    VirtIOPCIProxy parent_obj;
    VirtIOHello vdev;
};

static void hello_pci_realize(VirtIOPCIProxy *proxy, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(&VIRTIO_HELLO_PCI(proxy)->vdev);

    /* One vector for each queue and one for the configuration */
    if (proxy->nvectors == DEV_NVECTORS_UNSPECIFIED) {
        proxy->nvectors =
            virtio_host_has_feature(vdev, VIRTIO_HELLO_F_EVENT) ? 3 : 2;
    }
    virtio_pci_force_virtio_1(proxy);
    qdev_realize(DEVICE(vdev), BUS(&proxy->bus), errp);
}

static const Property hello_pci_properties[] = {
    DEFINE_PROP_BIT("ioeventfd", VirtIOPCIProxy, flags,
                    VIRTIO_PCI_FLAG_USE_IOEVENTFD_BIT, true),
    DEFINE_PROP_UINT32("vectors", VirtIOPCIProxy, nvectors,
                       DEV_NVECTORS_UNSPECIFIED),
};

static void hello_pci_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    dc->desc = "virtio-hello: " HELLO_DESC;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    device_class_set_props(dc, hello_pci_properties);
    pc->class_id = PCI_CLASS_OTHERS;
    VIRTIO_PCI_CLASS(klass)->realize = hello_pci_realize;
}

static void hello_pci_init(Object *obj)
{
    VirtIOHelloPCI *s = VIRTIO_HELLO_PCI(obj);

    virtio_instance_init_common(obj, &s->vdev, sizeof(s->vdev),
                                TYPE_VIRTIO_HELLO);
}

static const VirtioPCIDeviceTypeInfo hello_pci_info = {
    .base_name = TYPE_VIRTIO_HELLO_PCI,
    .generic_name = "virtio-hello-pci",
    .instance_size = sizeof(VirtIOHelloPCI),
    .instance_init = hello_pci_init,
    .class_init = hello_pci_class_init,
};

static void hello_pci_register(void)
{
    virtio_pci_types_register(&hello_pci_info);
}

type_init(hello_pci_register)
