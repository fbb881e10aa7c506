/*
 * virtio-fault on PCI: modern only, PCI device id 0x1040 + 62.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/module.h"
#include "hw/virtio/virtio-pci.h"
#include "device.h"

static void fault_pci_class_init(ObjectClass *klass, ClassData *data)
{
    DEVICE_CLASS(klass)->desc = "virtio-fault: " FAULT_DESC;
}

static const VirtioPCIDeviceTypeInfo fault_pci_info = {
    .generic_name = "virtio-fault-pci",
    .device = TYPE_VIRTIO_FAULT,
    .nvectors = 2,
    .class_init = fault_pci_class_init,
};

static void fault_pci_register(void)
{
    virtio_pci_types_register(&fault_pci_info);
}

type_init(fault_pci_register)
