/*
 * virtio-blk-liar: a small virtio-blk disk in memory that lies to its driver,
 * each time in the way that its property lie says: in the configuration, or in
 * what it answers to reads and writes of the disk's second half, so that who
 * looks for partitions hears the truth. Its serial number is the lie's name.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/iov.h"
#include "qemu/module.h"
#include "device-liar.h"
#include "../blk/abi.h"

#define LIAR_QUEUE_SIZE 64
#define LIAR_SECTORS    256

#define TYPE_VIRTIO_BLK_LIAR "virtio-blk-liar-device"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOBlkLiar, VIRTIO_BLK_LIAR)

typedef struct LiarAnswer {
    VirtQueueElement *elem;
    uint32_t used;
    uint8_t status;
    bool silent;    /* the status is not written */
    bool none;      /* never completed */
    bool twice;
    bool broken;    /* DEVICE_NEEDS_RESET instead of an answer */
} LiarAnswer;

typedef struct LiarLie {
    const char *name;
    uint64_t features;
    void (*config)(VirtIOBlkLiar *s, struct craft_blk_config *c);
    void (*answer)(LiarAnswer *answer);
} LiarLie;

struct VirtIOBlkLiar {
    Liar liar;
    VirtQueue *vq;
    const LiarLie *lie;
    uint8_t disk[LIAR_SECTORS * CRAFT_BLK_SECTOR];
};

static void config_capacity(VirtIOBlkLiar *s, struct craft_blk_config *c)
{
    c->capacity = cpu_to_le64(UINT64_MAX);
}

static void config_block_odd(VirtIOBlkLiar *s, struct craft_blk_config *c)
{
    c->block_size = cpu_to_le32(1000);
}

static void config_block_huge(VirtIOBlkLiar *s, struct craft_blk_config *c)
{
    c->block_size = cpu_to_le32(1u << 31);
}

static void config_segments(VirtIOBlkLiar *s, struct craft_blk_config *c)
{
    c->seg_max = 0;
}

static void config_size(VirtIOBlkLiar *s, struct craft_blk_config *c)
{
    c->size_max = cpu_to_le32(1);
}

static void config_queues_none(VirtIOBlkLiar *s, struct craft_blk_config *c)
{
    c->num_queues = 0;
}

static void config_queues_many(VirtIOBlkLiar *s, struct craft_blk_config *c)
{
    c->num_queues = cpu_to_le16(UINT16_MAX);
}

static void config_topology(VirtIOBlkLiar *s, struct craft_blk_config *c)
{
    memset(&c->topology, 0xff, sizeof(c->topology));
}

static void config_ranges(VirtIOBlkLiar *s, struct craft_blk_config *c)
{
    memset(&c->discard, 0xff, sizeof(c->discard));
    memset(&c->write_zeroes, 0xff, sizeof(c->write_zeroes));
    memset(&c->secure_erase, 0xff, sizeof(c->secure_erase));
    c->discard_alignment = cpu_to_le32(UINT32_MAX);
    c->secure_erase_alignment = cpu_to_le32(UINT32_MAX);
}

static void config_restless(VirtIOBlkLiar *s, struct craft_blk_config *c)
{
    VIRTIO_DEVICE(s)->generation++;
}

static void answer_used_none(LiarAnswer *a)
{
    a->used = 0;
}

static void answer_used_short(LiarAnswer *a)
{
    a->used -= MIN(a->used, CRAFT_BLK_SECTOR);
}

static void answer_used_huge(LiarAnswer *a)
{
    a->used = UINT32_MAX;
}

static void answer_status(LiarAnswer *a)
{
    a->status = 77;
}

static void answer_silent(LiarAnswer *a)
{
    a->silent = true;
}

static void answer_bad_id(LiarAnswer *a)
{
    a->elem->index = UINT16_MAX;
}

static void answer_twice(LiarAnswer *a)
{
    a->twice = true;
}

static void answer_never(LiarAnswer *a)
{
    a->none = true;
}

static void answer_needs_reset(LiarAnswer *a)
{
    a->broken = true;
}

#define LIAR_RANGES (1ull << CRAFT_BLK_F_DISCARD | \
                     1ull << CRAFT_BLK_F_WRITE_ZEROES | \
                     1ull << CRAFT_BLK_F_SECURE_ERASE)

static const LiarLie liar_lies[] = {
    { "none" },
    { "capacity", .config = config_capacity },
    { "block-odd", 1ull << CRAFT_BLK_F_BLOCK_SIZE, config_block_odd },
    { "block-huge", 1ull << CRAFT_BLK_F_BLOCK_SIZE, config_block_huge },
    { "segments", 1ull << CRAFT_BLK_F_SEG_MAX, config_segments },
    { "size", 1ull << CRAFT_BLK_F_SIZE_MAX, config_size },
    { "queues-none", 1ull << CRAFT_BLK_F_MQ, config_queues_none },
    { "queues-many", 1ull << CRAFT_BLK_F_MQ, config_queues_many },
    { "topology", 1ull << CRAFT_BLK_F_TOPOLOGY, config_topology },
    { "ranges", LIAR_RANGES, config_ranges },
    { "ranges-none", LIAR_RANGES },
    { "restless", .config = config_restless },
    { "used-none", .answer = answer_used_none },
    { "used-short", .answer = answer_used_short },
    { "used-huge", .answer = answer_used_huge },
    { "status", .answer = answer_status },
    { "silent", .answer = answer_silent },
    { "bad-id", .answer = answer_bad_id },
    { "twice", .answer = answer_twice },
    { "never", .answer = answer_never },
    { "needs-reset", .answer = answer_needs_reset },
};

/* Serves the request truly; returns the bytes that it wrote for the driver. */
static uint32_t liar_serve(VirtIOBlkLiar *s, VirtQueueElement *elem,
                           const struct craft_blk_header *header,
                           uint8_t *status)
{
    uint64_t sector = le64_to_cpu(header->sector);
    size_t header_len = sizeof(*header);
    size_t out = iov_size(elem->out_sg, elem->out_num) - header_len;
    size_t in = iov_size(elem->in_sg, elem->in_num) - 1;
    uint8_t *at = s->disk + MIN(sector, LIAR_SECTORS) * CRAFT_BLK_SECTOR;
    size_t room = s->disk + sizeof(s->disk) - at;

    *status = CRAFT_BLK_S_OK;
    switch (le32_to_cpu(header->type)) {
    case CRAFT_BLK_T_GET_ID:
        iov_from_buf(elem->in_sg, elem->in_num, 0, s->lie->name,
                     MIN(strlen(s->lie->name) + 1, in));
        break;
    case CRAFT_BLK_T_IN:
        iov_from_buf(elem->in_sg, elem->in_num, 0, at, MIN(in, room));
        break;
    case CRAFT_BLK_T_OUT:
        iov_to_buf(elem->out_sg, elem->out_num, header_len, at, MIN(out, room));
        break;
    default:
        *status = CRAFT_BLK_S_UNSUPP;
    }
    return in + 1;
}

static void liar_complete(VirtIOBlkLiar *s, const LiarAnswer *a)
{
    VirtQueueElement *elem = a->elem;

    if (a->broken) {
        virtio_error(VIRTIO_DEVICE(s), "virtio-blk-liar: lie=%s", s->lie->name);
    }
    if (a->none || a->broken) {
        virtqueue_detach_element(s->vq, elem, 0);
        return;
    }
    if (!a->silent) {
        iov_from_buf(elem->in_sg, elem->in_num,
                     iov_size(elem->in_sg, elem->in_num) - 1, &a->status, 1);
    }
    virtqueue_push(s->vq, elem, a->used);
    if (a->twice) {
        virtqueue_push(s->vq, elem, a->used);
    }
}

static void liar_answer(VirtIOBlkLiar *s, VirtQueueElement *elem)
{
    struct craft_blk_header header;
    LiarAnswer answer = { .elem = elem };

    if (iov_to_buf(elem->out_sg, elem->out_num, 0, &header, sizeof(header)) !=
        sizeof(header) || !iov_size(elem->in_sg, elem->in_num)) {
        virtio_error(VIRTIO_DEVICE(s), "virtio-blk-liar: no request");
        virtqueue_detach_element(s->vq, elem, 0);
        return;
    }
    answer.used = liar_serve(s, elem, &header, &answer.status);
    if (s->lie->answer && le64_to_cpu(header.sector) >= LIAR_SECTORS / 2) {
        s->lie->answer(&answer);
    }
    liar_complete(s, &answer);
}

static void liar_handle_output(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtQueueElement *elem;

    while ((elem = virtqueue_pop(vq, sizeof(*elem)))) {
        liar_answer(VIRTIO_BLK_LIAR(vdev), elem);
        g_free(elem);
    }
    virtio_notify(vdev, vq);
}

static void liar_get_config(VirtIODevice *vdev, uint8_t *data)
{
    VirtIOBlkLiar *s = VIRTIO_BLK_LIAR(vdev);
    struct craft_blk_config config = { .capacity = cpu_to_le64(LIAR_SECTORS) };

    if (s->lie->config) {
        s->lie->config(s, &config);
    }
    memcpy(data, &config, sizeof(config));
}

static uint64_t liar_get_features(VirtIODevice *vdev, uint64_t features,
                                  Error **errp)
{
    return features | VIRTIO_BLK_LIAR(vdev)->lie->features;
}

static void liar_realize(DeviceState *dev, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    VirtIOBlkLiar *s = VIRTIO_BLK_LIAR(dev);

    s->lie = liar_choose(&s->liar, liar_lies, G_N_ELEMENTS(liar_lies),
                         sizeof(*liar_lies), errp);
    if (!s->lie) {
        return;
    }
    virtio_init(vdev, VIRTIO_ID_BLOCK, sizeof(struct craft_blk_config));
    s->vq = virtio_add_queue(vdev, LIAR_QUEUE_SIZE, liar_handle_output);
}

static void liar_unrealize(DeviceState *dev)
{
    virtio_delete_queue(VIRTIO_BLK_LIAR(dev)->vq);
    virtio_cleanup(VIRTIO_DEVICE(dev));
}

static void liar_class_init(ObjectClass *klass, ClassData *data)
{
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);

    liar_class_setup(klass, "virtio-blk that lies to its driver");
    vdc->realize = liar_realize;
    vdc->unrealize = liar_unrealize;
    vdc->get_features = liar_get_features;
    vdc->get_config = liar_get_config;
}

static const TypeInfo liar_info = {
    .name = TYPE_VIRTIO_BLK_LIAR,
    .parent = TYPE_VIRTIO_DEVICE,
    .instance_size = sizeof(VirtIOBlkLiar),
    .class_init = liar_class_init,
};

static void liar_register(void)
{
    type_register_static(&liar_info);
}

type_init(liar_register)
