/*
 * virtio-fault on PCI: modern only, PCI device id 0x1040 + 62.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio-pci.h"
#include "device.h"

#define TYPE_VIRTIO_FAULT_PCI "virtio-fault-pci-base"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOFaultPCI, VIRTIO_FAULT_PCI)

struct VirtIOFaultPCI {
    VirtIOPCIProxy parent_obj;
    VirtIOFault vdev;
};

static void fault_pci_realize(VirtIOPCIProxy *proxy, Error **errp)
{
    /* One vector for the queue and one for the configuration */
    if (proxy->nvectors == DEV_NVECTORS_UNSPECIFIED) {
        proxy->nvectors = 2;
    }
    virtio_pci_force_virtio_1(proxy);
    qdev_realize(DEVICE(&VIRTIO_FAULT_PCI(proxy)->vdev), BUS(&proxy->bus),
                 errp);
}

static const Property fault_pci_properties[] = {
    DEFINE_PROP_BIT("ioeventfd", VirtIOPCIProxy, flags,
                    VIRTIO_PCI_FLAG_USE_IOEVENTFD_BIT, true),
    DEFINE_PROP_UINT32("vectors", VirtIOPCIProxy, nvectors,
                       DEV_NVECTORS_UNSPECIFIED),
};

static void fault_pci_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    dc->desc = "virtio-fault: " FAULT_DESC;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    device_class_set_props(dc, fault_pci_properties);
    pc->class_id = PCI_CLASS_OTHERS;
    VIRTIO_PCI_CLASS(klass)->realize = fault_pci_realize;
}

static void fault_pci_init(Object *obj)
{
    VirtIOFaultPCI *s = VIRTIO_FAULT_PCI(obj);

    virtio_instance_init_common(obj, &s->vdev, sizeof(s->vdev),
                                TYPE_VIRTIO_FAULT);
}

static const VirtioPCIDeviceTypeInfo fault_pci_info = {
    .base_name = TYPE_VIRTIO_FAULT_PCI,
    .generic_name = "virtio-fault-pci",
    .instance_size = sizeof(VirtIOFaultPCI),
    .instance_init = fault_pci_init,
    .class_init = fault_pci_class_init,
};

static void fault_pci_register(void)
{
    virtio_pci_types_register(&fault_pci_info);
}

type_init(fault_pci_register)
