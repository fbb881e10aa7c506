/*
 * craft-blk: a virtio block device on QEMU's block layer. README.md beside
 * this file is its datasheet, abi.h says what goes over the queues.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/coroutine.h"
#include "qemu/module.h"
#include "hw/qdev-core.h"
#include "migration/qemu-file-types.h"
#include "system/blockdev.h"
#include "system/runstate.h"
#include "system/system.h"
#include "trace/trace-hw_virtio_kernelcraft_blk.h"
#include "device.h"

static void craft_blk_resized_bh(void *opaque)
{
    CraftBlk *s = opaque;
    uint64_t capacity;

    blk_get_geometry(s->blk, &capacity);
    trace_craft_blk_resized(s, capacity);
    qatomic_set_u64(&s->capacity, capacity);
    virtio_notify_config(VIRTIO_DEVICE(s));
}

/* In any thread, and an interrupt needs the main one */
static void craft_blk_resized(void *opaque)
{
    CraftBlk *s = opaque;

    qemu_bh_schedule(s->resized);
}

static const BlockDevOps craft_blk_ops = {
    .resize_cb = craft_blk_resized,
    .drained_begin = craft_blk_drained_begin,
    .drained_end = craft_blk_drained_end,
};

static StatusResult craft_blk_set_status(VirtIODevice *vdev, uint8_t status)
{
    CraftBlk *s = CRAFT_BLK(vdev);

    if (status & ~vdev->status & VIRTIO_CONFIG_S_FEATURES_OK) {
        craft_blk_accept_features(s);
    }
    if (vdev->vm_running && (status & VIRTIO_CONFIG_S_DRIVER_OK)) {
        craft_blk_kick_all(s);
    }
    return STATUS_TAKEN;
}

/* Writes that were started before the reset end before it does */
static void craft_blk_reset(VirtIODevice *vdev)
{
    CraftBlk *s = CRAFT_BLK(vdev);
    unsigned int i;

    trace_craft_blk_reset(s);
    assert(!s->ioeventfd_started);
    blk_drain(s->blk);
    for (i = 0; i < s->num_queues; i++) {
        /* A drain may make requests fail, so these come after it */
        craft_blk_drop_failed(&s->queues[i]);
        qatomic_set(&s->queues[i].stopped, false);
    }
    blk_set_enable_write_cache(s->blk, s->original_wce);
}

static void craft_blk_vm_changed(void *opaque, bool running, RunState state)
{
    if (running) {
        craft_blk_kick_all(opaque);
    }
}

/* Requests in flight are drained by then; those that failed go along */
static int craft_blk_put_failed(QEMUFile *f, void *pv, size_t size,
                                const VMStateField *field, JSONWriter *vmdesc)
{
    CraftBlk *s = container_of(pv, CraftBlk, queues);
    CraftBlkRequest *req;
    unsigned int i;

    for (i = 0; i < s->num_queues; i++) {
        QSIMPLEQ_FOREACH(req, &s->queues[i].failed, next) {
            qemu_put_be32(f, i);
            qemu_put_virtqueue_element(VIRTIO_DEVICE(s), f, &req->elem);
        }
    }
    qemu_put_be32(f, UINT32_MAX);
    return 0;
}

static int craft_blk_get_failed(QEMUFile *f, void *pv, size_t size,
                                const VMStateField *field)
{
    CraftBlk *s = container_of(pv, CraftBlk, queues);
    unsigned int count = 0;
    CraftBlkRequest *req;
    uint32_t i;

    while ((i = qemu_get_be32(f)) != UINT32_MAX) {
        if (i >= s->num_queues ||
            count++ >= s->num_queues * VIRTQUEUE_MAX_SIZE) {
            return -EINVAL;
        }
        req = qemu_get_virtqueue_element(VIRTIO_DEVICE(s), f, sizeof(*req));
        req->queue = &s->queues[i];
        QSIMPLEQ_INSERT_TAIL(&req->queue->failed, req, next);
    }
    return 0;
}

static const VMStateInfo craft_blk_failed_info = {
    .name = "craft-blk requests that failed",
    .get = craft_blk_get_failed,
    .put = craft_blk_put_failed,
};

static int craft_blk_pre_save(void *opaque)
{
    CraftBlk *s = opaque;

    s->writeback = blk_enable_write_cache(s->blk);
    return 0;
}

static int craft_blk_pre_load(void *opaque)
{
    CraftBlk *s = opaque;
    unsigned int i;

    for (i = 0; i < s->num_queues; i++) {
        craft_blk_drop_failed(&s->queues[i]);
    }
    return 0;
}

static int craft_blk_post_load(void *opaque, int version_id)
{
    CraftBlk *s = opaque;

    blk_set_enable_write_cache(s->blk, s->writeback);
    return 0;
}

static const VMStateDescription vmstate_craft_blk_device = {
    .name = "craft-blk-device",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_save = craft_blk_pre_save,
    .pre_load = craft_blk_pre_load,
    .post_load = craft_blk_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_SAME_UINT16(num_queues, CraftBlk,
                            "num-queues must be the same on both sides"),
        VMSTATE_BOOL(writeback, CraftBlk),
        VMSTATE_SINGLE(queues, CraftBlk, 1, craft_blk_failed_info,
                       CraftBlkQueue *),
        VMSTATE_END_OF_LIST()
    }
};

static const VMStateDescription vmstate_craft_blk = {
    .name = "craft-blk",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_VIRTIO_DEVICE,
        VMSTATE_END_OF_LIST()
    }
};

static void craft_blk_add_queues(CraftBlk *s)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(s);
    unsigned int i;

    s->queues = g_new0(CraftBlkQueue, s->num_queues);
    for (i = 0; i < s->num_queues; i++) {
        CraftBlkQueue *queue = &s->queues[i];

        queue->dev = s;
        queue->vq = virtio_add_queue(vdev, s->queue_size,
                                     craft_blk_handle_output);
        virtio_queue_set_max_num(vdev, i, s->queue_size);
        QSIMPLEQ_INIT(&queue->failed);
        craft_blk_init_interrupts(queue);
    }
    qemu_coroutine_inc_pool_size(s->num_queues * s->queue_size / 2);
}

static void craft_blk_delete_queues(CraftBlk *s)
{
    unsigned int i;

    qemu_coroutine_dec_pool_size(s->num_queues * s->queue_size / 2);
    for (i = 0; i < s->num_queues; i++) {
        craft_blk_drop_failed(&s->queues[i]);
        craft_blk_end_interrupts(&s->queues[i]);
        virtio_delete_queue(s->queues[i].vq);
    }
    g_free(s->queues);
}

/*
 * The vm change handler comes after virtio_init(), whose own has started the
 * threads before ours is called. Requests wait in their rings while the
 * backend is drained, so the block layer need not have a queue for them.
 */
static void craft_blk_attach_backend(CraftBlk *s)
{
    DeviceState *dev = DEVICE(s);

    s->vm_change = add_vm_change_handler(dev, craft_blk_vm_changed, s);
    s->resized = virtio_bh_new_guarded(dev, craft_blk_resized_bh, s);
    blk_set_disable_request_queuing(s->blk, true);
    blk_set_dev_ops(s->blk, &craft_blk_ops, s);
    blk_iostatus_enable(s->blk);
    blk_get_geometry(s->blk, &s->capacity);
    add_boot_device_lchs(dev, "/disk@0,0", s->conf.lcyls, s->conf.lheads,
                         s->conf.lsecs);
}

static void craft_blk_detach_backend(CraftBlk *s)
{
    blk_drain(s->blk);
    del_boot_device_lchs(DEVICE(s), "/disk@0,0");
    blk_set_dev_ops(s->blk, NULL, NULL);
    /* Kicks that the end of the drain has left */
    blk_drain(s->blk);
    blk_set_disable_request_queuing(s->blk, false);
    qemu_bh_delete(s->resized);
    qemu_del_vm_change_state_handler(s->vm_change);
    blockdev_mark_auto_del(s->blk);
}

static void craft_blk_realize(DeviceState *dev, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    CraftBlk *s = CRAFT_BLK(dev);

    if (!craft_blk_check_properties(s, errp)) {
        return;
    }
    s->blk = s->conf.blk;
    if (craft_blk_find_lifetime(s)) {
        virtio_add_feature(&vdev->host_features, CRAFT_BLK_F_LIFETIME);
    }
    if (s->secure_erase && craft_blk_can_erase(s)) {
        virtio_add_feature(&vdev->host_features, CRAFT_BLK_F_SECURE_ERASE);
    }
    virtio_init(vdev, VIRTIO_ID_BLOCK, sizeof(struct craft_blk_config));
    craft_blk_add_queues(s);
    if (!craft_blk_choose_threads(s, errp)) {
        craft_blk_delete_queues(s);
        virtio_cleanup(vdev);
        return;
    }
    craft_blk_attach_backend(s);
}

static void craft_blk_unrealize(DeviceState *dev)
{
    CraftBlk *s = CRAFT_BLK(dev);

    craft_blk_detach_backend(s);
    craft_blk_leave_threads(s);
    craft_blk_delete_queues(s);
    virtio_cleanup(VIRTIO_DEVICE(dev));
}

static void craft_blk_init(Object *obj)
{
    CraftBlk *s = CRAFT_BLK(obj);

    device_add_bootindex_property(obj, &s->conf.bootindex, "bootindex",
                                  "/disk@0,0", DEVICE(obj));
}

static void craft_blk_class_init(ObjectClass *klass, ClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);

    dc->desc = "craft-blk: " CRAFT_BLK_DESC;
    dc->vmsd = &vmstate_craft_blk;
    set_bit(DEVICE_CATEGORY_STORAGE, dc->categories);
    craft_blk_add_properties(dc);
    vdc->realize = craft_blk_realize;
    vdc->unrealize = craft_blk_unrealize;
    vdc->get_features = craft_blk_get_features;
    vdc->get_config = craft_blk_get_config;
    vdc->set_config = craft_blk_set_config;
    vdc->set_status = craft_blk_set_status;
    vdc->reset = craft_blk_reset;
    vdc->queue_reset = craft_blk_queue_reset;
    vdc->queue_enable = craft_blk_queue_enable;
    vdc->start_ioeventfd = craft_blk_start_ioeventfd;
    vdc->stop_ioeventfd = craft_blk_stop_ioeventfd;
    vdc->vmsd = &vmstate_craft_blk_device;
}

static const TypeInfo craft_blk_info = {
    .name = TYPE_CRAFT_BLK,
    .parent = TYPE_VIRTIO_DEVICE,
    .instance_size = sizeof(CraftBlk),
    .instance_init = craft_blk_init,
    .class_init = craft_blk_class_init,
};

static void craft_blk_register(void)
{
    type_register_static(&craft_blk_info);
}

type_init(craft_blk_register)
