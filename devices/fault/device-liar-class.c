/*
 * What the devices that lie to their driver have in common.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "hw/qdev-properties.h"
#include "device-liar.h"

static const VMStateDescription vmstate_liar = {
    .name = "virtio-liar",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_VIRTIO_DEVICE,
        VMSTATE_END_OF_LIST()
    }
};

static const Property liar_properties[] = {
    DEFINE_PROP_STRING("lie", Liar, name),
};

void liar_class_setup(ObjectClass *klass, const char *desc)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->desc = desc;
    dc->vmsd = &vmstate_liar;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    device_class_set_props(dc, liar_properties);
}

const void *liar_choose(Liar *liar, const void *lies, size_t count,
                        size_t size, Error **errp)
{
    size_t i;

    for (i = 0; i < count; i++) {
        const void *lie = (const char *)lies + i * size;

        if (!g_strcmp0(liar->name ?: "none", *(const char *const *)lie)) {
            return lie;
        }
    }
    error_setg(errp, "lie=%s is not known", liar->name);
    return NULL;
}
