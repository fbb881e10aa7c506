/*
 * craft-blk on PCI: modern only, PCI device id 0x1040 + 2.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bitops.h"
#include "qemu/module.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio-pci.h"
#include "system/tcg.h"
#include "device.h"

#define TYPE_CRAFT_BLK_PCI "craft-blk-pci-base"
OBJECT_DECLARE_SIMPLE_TYPE(CraftBlkPCI, CRAFT_BLK_PCI)

struct CraftBlkPCI {
    VirtIOPCIProxy parent_obj;
    CraftBlk vdev;
    OnOffAuto ioeventfd;
};

/*
 * An emulated vCPU that kicks is interrupted anyhow, and with a thread of its
 * own it may as well do the work: another thread costs two switches more.
 * KVM's is back in its guest sooner, and iothreads are asked for by name.
 */
static bool has_ioeventfd(CraftBlkPCI *proxy)
{
    if (proxy->ioeventfd == ON_OFF_AUTO_AUTO) {
        return !tcg_enabled() || proxy->vdev.iothread ||
               proxy->vdev.iothread_vq_mapping;
    }
    return proxy->ioeventfd == ON_OFF_AUTO_ON;
}

static void craft_blk_pci_realize(VirtIOPCIProxy *proxy, Error **errp)
{
    CraftBlk *s = &CRAFT_BLK_PCI(proxy)->vdev;

    proxy->flags = deposit32(proxy->flags, VIRTIO_PCI_FLAG_USE_IOEVENTFD_BIT,
                             1, has_ioeventfd(CRAFT_BLK_PCI(proxy)));
    /* One queue for each CPU; a vector for each queue, one for the rest */
    if (s->num_queues == CRAFT_BLK_AUTO_QUEUES) {
        s->num_queues = virtio_pci_optimal_num_queues(0);
    }
    if (proxy->nvectors == DEV_NVECTORS_UNSPECIFIED) {
        proxy->nvectors = s->num_queues + 1;
    }
    virtio_pci_force_virtio_1(proxy);
    qdev_realize(DEVICE(s), BUS(&proxy->bus), errp);
}

static const Property craft_blk_pci_properties[] = {
    DEFINE_PROP_UINT32("class", VirtIOPCIProxy, class_code, 0),
    DEFINE_PROP_ON_OFF_AUTO("ioeventfd", CraftBlkPCI, ioeventfd,
                            ON_OFF_AUTO_AUTO),
    DEFINE_PROP_UINT32("vectors", VirtIOPCIProxy, nvectors,
                       DEV_NVECTORS_UNSPECIFIED),
};

static void craft_blk_pci_class_init(ObjectClass *klass, ClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->desc = "craft-blk: " CRAFT_BLK_DESC;
    set_bit(DEVICE_CATEGORY_STORAGE, dc->categories);
    device_class_set_props(dc, craft_blk_pci_properties);
    PCI_DEVICE_CLASS(klass)->class_id = PCI_CLASS_STORAGE_SCSI;
    VIRTIO_PCI_CLASS(klass)->realize = craft_blk_pci_realize;
}

static void craft_blk_pci_init(Object *obj)
{
    CraftBlkPCI *proxy = CRAFT_BLK_PCI(obj);

    virtio_instance_init_common(obj, &proxy->vdev, sizeof(proxy->vdev),
                                TYPE_CRAFT_BLK);
    object_property_add_alias(obj, "bootindex", OBJECT(&proxy->vdev),
                              "bootindex");
}

static const VirtioPCIDeviceTypeInfo craft_blk_pci_info = {
    .base_name = TYPE_CRAFT_BLK_PCI,
    .generic_name = "craft-blk-pci",
    .instance_size = sizeof(CraftBlkPCI),
    .instance_init = craft_blk_pci_init,
    .class_init = craft_blk_pci_class_init,
};

static void craft_blk_pci_register(void)
{
    virtio_pci_types_register(&craft_blk_pci_info);
}

type_init(craft_blk_pci_register)
