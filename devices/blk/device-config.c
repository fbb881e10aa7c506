/*
 * craft-blk: features, the configuration, and the properties they come from.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "block/block_int.h"
#include "hw/qdev-properties.h"
#include "hw/qdev-properties-system.h"
#include "trace/trace-hw_virtio_kernelcraft_blk.h"
#include "device.h"

/* Least that has room for a header, a sector and a status, twice over */
#define CRAFT_BLK_QUEUE_MIN     4

uint64_t craft_blk_get_features(VirtIODevice *vdev, uint64_t features,
                                Error **errp)
{
    CraftBlk *s = CRAFT_BLK(vdev);

    if (!virtio_has_feature(features, VIRTIO_F_VERSION_1)) {
        error_setg(errp, "craft-blk is modern only, its bus is legacy; for "
                   "virtio-mmio use -global virtio-mmio.force-legacy=false");
        return features;
    }
    virtio_add_feature(&features, CRAFT_BLK_F_SEG_MAX);
    virtio_add_feature(&features, CRAFT_BLK_F_GEOMETRY);
    virtio_add_feature(&features, CRAFT_BLK_F_BLOCK_SIZE);
    virtio_add_feature(&features, CRAFT_BLK_F_TOPOLOGY);
    virtio_add_feature(&features, CRAFT_BLK_F_FLUSH);
    if (s->size_max) {
        virtio_add_feature(&features, CRAFT_BLK_F_SIZE_MAX);
    }
    if (!blk_is_writable(s->blk)) {
        virtio_add_feature(&features, CRAFT_BLK_F_RO);
    }
    if (s->num_queues > 1) {
        virtio_add_feature(&features, CRAFT_BLK_F_MQ);
    }
    return features;
}

/* The cache is the driver's to choose, but never one that it cannot flush */
void craft_blk_accept_features(CraftBlk *s)
{
    bool flush = virtio_vdev_has_feature(VIRTIO_DEVICE(s), CRAFT_BLK_F_FLUSH);

    blk_set_enable_write_cache(s->blk, flush && s->original_wce);
}

void craft_blk_set_config(VirtIODevice *vdev, const uint8_t *data)
{
    CraftBlk *s = CRAFT_BLK(vdev);
    const struct craft_blk_config *config = (const void *)data;

    if (virtio_vdev_has_feature(vdev, CRAFT_BLK_F_CONFIG_WCE) &&
        virtio_vdev_has_feature(vdev, CRAFT_BLK_F_FLUSH)) {
        trace_craft_blk_set_writeback(s, config->writeback);
        blk_set_enable_write_cache(s->blk, config->writeback != 0);
    }
}

/* As the stock device has it: sectors must fit a capacity of whole blocks */
static struct craft_blk_geometry geometry(CraftBlk *s)
{
    const BlockConf *conf = &s->conf;
    int64_t length = blk_getlength(s->blk);
    uint32_t mask = conf->logical_block_size / CRAFT_BLK_SECTOR - 1;
    bool uneven = length > 0 && length / conf->heads / conf->secs %
                                conf->logical_block_size;

    return (struct craft_blk_geometry) {
        .cylinders = cpu_to_le16(conf->cyls),
        .heads = conf->heads,
        .sectors = uneven ? conf->secs & ~mask : conf->secs,
    };
}

static struct craft_blk_topology topology(CraftBlk *s)
{
    BlockConf *conf = &s->conf;
    uint32_t block = conf->logical_block_size;

    return (struct craft_blk_topology) {
        .physical_block_exp = get_physical_block_exp(conf),
        .min_io_size = cpu_to_le16(conf->min_io_size / block),
        .opt_io_size = cpu_to_le32(conf->opt_io_size / block),
    };
}

static struct craft_blk_range_limits limits(uint32_t max_sectors)
{
    return (struct craft_blk_range_limits) {
        .max_sectors = cpu_to_le32(max_sectors),
        .max_ranges = cpu_to_le32(CRAFT_BLK_RANGES_MAX),
    };
}

static uint32_t discard_alignment(CraftBlk *s)
{
    uint32_t bytes = s->conf.discard_granularity;

    if (bytes == UINT32_MAX || !s->report_discard_granularity) {
        bytes = s->conf.logical_block_size;
    }
    return bytes / CRAFT_BLK_SECTOR;
}

static void put_ranges(CraftBlk *s, struct craft_blk_config *config)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(s);

    if (virtio_host_has_feature(vdev, CRAFT_BLK_F_DISCARD)) {
        config->discard = limits(s->max_discard_sectors);
        config->discard_alignment = cpu_to_le32(discard_alignment(s));
    }
    if (virtio_host_has_feature(vdev, CRAFT_BLK_F_WRITE_ZEROES)) {
        config->write_zeroes = limits(s->max_write_zeroes_sectors);
        config->write_zeroes_may_unmap = 1;
    }
    if (virtio_host_has_feature(vdev, CRAFT_BLK_F_SECURE_ERASE)) {
        config->secure_erase = limits(s->max_discard_sectors);
        config->secure_erase_alignment = cpu_to_le32(discard_alignment(s));
    }
}

void craft_blk_get_config(VirtIODevice *vdev, uint8_t *data)
{
    CraftBlk *s = CRAFT_BLK(vdev);
    uint64_t capacity;
    struct craft_blk_config config;

    blk_get_geometry(s->blk, &capacity);
    config = (struct craft_blk_config) {
        .capacity = cpu_to_le64(capacity),
        .size_max = cpu_to_le32(s->size_max),
        .seg_max = cpu_to_le32((s->seg_max_adjust ? s->queue_size : 128) - 2),
        .geometry = geometry(s),
        .block_size = cpu_to_le32(s->conf.logical_block_size),
        .topology = topology(s),
        .writeback = blk_enable_write_cache(s->blk),
        .num_queues = cpu_to_le16(s->num_queues),
    };
    put_ranges(s, &config);
    memcpy(data, &config, sizeof(config));
}

static bool check_queues(CraftBlk *s, Error **errp)
{
    if (!s->num_queues || s->num_queues > VIRTIO_QUEUE_MAX - 1) {
        error_setg(errp, "num-queues is %u, it must be 1 to %d",
                   s->num_queues, VIRTIO_QUEUE_MAX - 1);
        return false;
    }
    if (s->queue_size < CRAFT_BLK_QUEUE_MIN ||
        s->queue_size > VIRTQUEUE_MAX_SIZE || !is_power_of_2(s->queue_size)) {
        error_setg(errp, "queue-size is %u, it must be a power of two, "
                   "%d to %d", s->queue_size, CRAFT_BLK_QUEUE_MIN,
                   VIRTQUEUE_MAX_SIZE);
        return false;
    }
    return true;
}

static bool check_sectors(const char *name, uint32_t sectors, Error **errp)
{
    if (!sectors || sectors > BDRV_REQUEST_MAX_SECTORS) {
        error_setg(errp, "%s is %" PRIu32 ", it must be 1 to %d", name,
                   sectors, (int)BDRV_REQUEST_MAX_SECTORS);
        return false;
    }
    return true;
}

static bool check_backend(CraftBlk *s, Error **errp)
{
    if (!s->conf.blk) {
        error_setg(errp, "drive property not set");
        return false;
    }
    if (!blk_is_inserted(s->conf.blk)) {
        error_setg(errp, "Device needs media, but drive is empty");
        return false;
    }
    if (blk_bs(s->conf.blk)->bl.zoned == BLK_Z_HM) {
        error_setg(errp, "craft-blk knows no zones, and the drive cannot be "
                   "written without; use virtio-blk for it");
        return false;
    }
    return true;
}

bool craft_blk_check_properties(CraftBlk *s, Error **errp)
{
    if (s->num_queues == CRAFT_BLK_AUTO_QUEUES) {
        s->num_queues = 1;
    }
    if (!check_backend(s, errp) || !check_queues(s, errp) ||
        !check_sectors("max-discard-sectors", s->max_discard_sectors, errp) ||
        !check_sectors("max-write-zeroes-sectors",
                       s->max_write_zeroes_sectors, errp)) {
        return false;
    }
    if (s->size_max && s->size_max < CRAFT_BLK_SECTOR) {
        error_setg(errp, "size-max is %" PRIu32 ", it must be 0 for no limit, "
                   "or %d and more", s->size_max, CRAFT_BLK_SECTOR);
        return false;
    }
    if (!blkconf_apply_backend_options(&s->conf,
                                       !blk_supports_write_perm(s->conf.blk),
                                       true, errp)) {
        return false;
    }
    s->original_wce = blk_enable_write_cache(s->conf.blk);
    return blkconf_geometry(&s->conf, NULL, UINT16_MAX, UINT8_MAX, UINT8_MAX,
                            errp) &&
           blkconf_blocksizes(&s->conf, errp);
}

static const Property craft_blk_properties[] = {
    DEFINE_BLOCK_PROPERTIES(CraftBlk, conf),
    DEFINE_BLOCK_ERROR_PROPERTIES(CraftBlk, conf),
    DEFINE_BLOCK_CHS_PROPERTIES(CraftBlk, conf),
    DEFINE_PROP_STRING("serial", CraftBlk, serial),
    DEFINE_PROP_STRING("lifetime", CraftBlk, lifetime),
    DEFINE_PROP_BIT64("config-wce", CraftBlk, parent_obj.host_features,
                      CRAFT_BLK_F_CONFIG_WCE, true),
    DEFINE_PROP_BIT64("discard", CraftBlk, parent_obj.host_features,
                      CRAFT_BLK_F_DISCARD, true),
    DEFINE_PROP_BIT64("write-zeroes", CraftBlk, parent_obj.host_features,
                      CRAFT_BLK_F_WRITE_ZEROES, true),
    DEFINE_PROP_BOOL("secure-erase", CraftBlk, secure_erase, true),
    DEFINE_PROP_BIT64("fua", CraftBlk, parent_obj.host_features,
                      CRAFT_BLK_F_FUA, true),
    DEFINE_PROP_BOOL("report-discard-granularity", CraftBlk,
                     report_discard_granularity, true),
    DEFINE_PROP_UINT32("max-discard-sectors", CraftBlk, max_discard_sectors,
                       BDRV_REQUEST_MAX_SECTORS),
    DEFINE_PROP_UINT32("max-write-zeroes-sectors", CraftBlk,
                       max_write_zeroes_sectors, BDRV_REQUEST_MAX_SECTORS),
    DEFINE_PROP_UINT32("size-max", CraftBlk, size_max, 0),
    DEFINE_PROP_BOOL("seg-max-adjust", CraftBlk, seg_max_adjust, true),
    DEFINE_PROP_BOOL("request-merging", CraftBlk, request_merging, true),
    DEFINE_PROP_UINT16("num-queues", CraftBlk, num_queues,
                       CRAFT_BLK_AUTO_QUEUES),
    DEFINE_PROP_UINT16("queue-size", CraftBlk, queue_size, 256),
    DEFINE_PROP_LINK("iothread", CraftBlk, iothread, TYPE_IOTHREAD,
                     IOThread *),
    DEFINE_PROP_IOTHREAD_VQ_MAPPING_LIST("iothread-vq-mapping", CraftBlk,
                                         iothread_vq_mapping),
};

void craft_blk_add_properties(DeviceClass *dc)
{
    device_class_set_props(dc, craft_blk_properties);
}
