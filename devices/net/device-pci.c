/*
 * craft-net on PCI: modern only, PCI device id 0x1040 + 1.
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

#define TYPE_CRAFT_NET_PCI "craft-net-pci-base"
OBJECT_DECLARE_SIMPLE_TYPE(CraftNetPCI, CRAFT_NET_PCI)

struct CraftNetPCI {
    VirtIOPCIProxy parent_obj;
    CraftNet vdev;
    OnOffAuto ioeventfd;
};

/*
 * An emulated vCPU that kicks is interrupted anyhow: it may as well send the
 * packet itself, as another thread costs two switches more. KVM's is back in
 * its guest sooner.
 */
static bool has_ioeventfd(CraftNetPCI *proxy)
{
    return proxy->ioeventfd == ON_OFF_AUTO_AUTO
               ? !tcg_enabled() : proxy->ioeventfd == ON_OFF_AUTO_ON;
}

static void craft_net_pci_realize(VirtIOPCIProxy *proxy, Error **errp)
{
    CraftNet *s = &CRAFT_NET_PCI(proxy)->vdev;

    proxy->flags = deposit32(proxy->flags, VIRTIO_PCI_FLAG_USE_IOEVENTFD_BIT,
                             1, has_ioeventfd(CRAFT_NET_PCI(proxy)));
    /* A vector for each queue, one for the rest */
    if (proxy->nvectors == DEV_NVECTORS_UNSPECIFIED) {
        proxy->nvectors = 2 * MAX(s->max_pairs, MAX(s->conf.peers.queues, 1)) +
                          2;
    }
    s->name = DEVICE(proxy)->id;
    s->model = object_get_typename(OBJECT(proxy));
    virtio_pci_force_virtio_1(proxy);
    qdev_realize(DEVICE(s), BUS(&proxy->bus), errp);
}

static const Property craft_net_pci_properties[] = {
    DEFINE_PROP_UINT32("class", VirtIOPCIProxy, class_code, 0),
    DEFINE_PROP_ON_OFF_AUTO("ioeventfd", CraftNetPCI, ioeventfd,
                            ON_OFF_AUTO_AUTO),
    DEFINE_PROP_UINT32("vectors", VirtIOPCIProxy, nvectors,
                       DEV_NVECTORS_UNSPECIFIED),
};

static void craft_net_pci_class_init(ObjectClass *klass, ClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->desc = "craft-net: " CRAFT_NET_DESC;
    set_bit(DEVICE_CATEGORY_NETWORK, dc->categories);
    device_class_set_props(dc, craft_net_pci_properties);
    PCI_DEVICE_CLASS(klass)->class_id = PCI_CLASS_NETWORK_ETHERNET;
    VIRTIO_PCI_CLASS(klass)->realize = craft_net_pci_realize;
}

static void craft_net_pci_init(Object *obj)
{
    CraftNetPCI *proxy = CRAFT_NET_PCI(obj);

    virtio_instance_init_common(obj, &proxy->vdev, sizeof(proxy->vdev),
                                TYPE_CRAFT_NET);
    object_property_add_alias(obj, "bootindex", OBJECT(&proxy->vdev),
                              "bootindex");
}

static const VirtioPCIDeviceTypeInfo craft_net_pci_info = {
    .base_name = TYPE_CRAFT_NET_PCI,
    .generic_name = "craft-net-pci",
    .instance_size = sizeof(CraftNetPCI),
    .instance_init = craft_net_pci_init,
    .class_init = craft_net_pci_class_init,
};

static void craft_net_pci_register(void)
{
    virtio_pci_types_register(&craft_net_pci_info);
}

type_init(craft_net_pci_register)
