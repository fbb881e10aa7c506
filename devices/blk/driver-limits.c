// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the block layer may ask of the device, from the device's own words.
 * Those that cannot be true are refused, or ignored where they are only hints;
 * none reaches the block layer unchecked.
 */
#include <linux/blkdev.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/sizes.h>

#include "driver.h"

#define CRAFT_BLK_MAX_BLOCK	((u32)SZ_1G)	/* bytes of a physical block */

static int craft_blk_read_blocks(struct virtio_device *vdev,
				 const struct craft_blk_config *config,
				 struct queue_limits *limits)
{
	u32 size = le32_to_cpu(config->block_size);

	limits->logical_block_size = SECTOR_SIZE;
	if (!virtio_has_feature(vdev, CRAFT_BLK_F_BLOCK_SIZE))
		return 0;
	if (blk_validate_block_size(size)) {
		dev_err(&vdev->dev, "blocks of %u bytes: not a size that this kernel can use\n",
			size);
		return -EINVAL;
	}
	limits->logical_block_size = size;
	return 0;
}

/* Hints, all of them: those that are out of range are left out. */
static void craft_blk_read_topology(struct virtio_device *vdev,
				    const struct craft_blk_config *config,
				    struct queue_limits *limits)
{
	const struct craft_blk_topology *topology = &config->topology;
	u32 block = limits->logical_block_size;
	u64 io_min = (u64)block * le16_to_cpu(topology->min_io_size);
	u64 io_opt = (u64)block * le32_to_cpu(topology->opt_io_size);

	if (topology->physical_block_exp > ilog2(CRAFT_BLK_MAX_BLOCK / block)) {
		dev_warn(&vdev->dev, "topology ignored: physical blocks of 2^%u logical ones\n",
			 topology->physical_block_exp);
		return;
	}
	limits->physical_block_size = block << topology->physical_block_exp;
	if (topology->alignment_offset < 1U << topology->physical_block_exp)
		limits->alignment_offset = block * topology->alignment_offset;
	if (io_min <= CRAFT_BLK_MAX_BLOCK)
		limits->io_min = io_min;
	if (io_opt <= CRAFT_BLK_MAX_BLOCK)
		limits->io_opt = io_opt;
}

/* A request takes a descriptor for its header and one for its status. */
static int craft_blk_read_segments(struct virtio_device *vdev,
				   const struct craft_blk_config *config,
				   unsigned int ring_size, struct queue_limits *limits)
{
	u32 segments = le32_to_cpu(config->seg_max);
	u32 size = min_t(size_t, virtio_max_dma_size(vdev), UINT_MAX);

	if (virtio_has_feature(vdev, CRAFT_BLK_F_SIZE_MAX))
		size = min(size, le32_to_cpu(config->size_max));
	if (ring_size < 3 || size < PAGE_SIZE) {
		dev_err(&vdev->dev, "a ring of %u with segments of %u bytes holds no request\n",
			ring_size, size);
		return -EINVAL;
	}
	/* Without a limit, or with one of none, there may be one: that must do. */
	segments = clamp(segments, 1U, CRAFT_BLK_SEGMENTS);
	limits->max_segments = min(segments, ring_size - 2);
	limits->max_segment_size = size;
	limits->max_hw_sectors = UINT_MAX;
	return 0;
}

static u32 craft_blk_sectors_to_bytes(__le32 sectors)
{
	return min(le32_to_cpu(sectors), UINT_MAX >> SECTOR_SHIFT) << SECTOR_SHIFT;
}

/* A limit of none means that none may be asked for. */
static void craft_blk_read_ranges(struct virtio_device *vdev,
				  const struct craft_blk_config *config,
				  struct queue_limits *limits)
{
	const struct craft_blk_range_limits *discard = &config->discard;
	const struct craft_blk_range_limits *zeroes = &config->write_zeroes;
	const struct craft_blk_range_limits *erase = &config->secure_erase;

	if (discard->max_sectors && discard->max_ranges) {
		limits->max_hw_discard_sectors = le32_to_cpu(discard->max_sectors);
		limits->max_discard_segments = min(le32_to_cpu(discard->max_ranges),
						   CRAFT_BLK_RANGES);
		limits->discard_granularity =
			max(craft_blk_sectors_to_bytes(config->discard_alignment),
			    limits->logical_block_size);
	}
	if (zeroes->max_sectors && zeroes->max_ranges)
		limits->max_write_zeroes_sectors = le32_to_cpu(zeroes->max_sectors);
	/* The block layer has no alignment of its own for what is to be erased. */
	if (erase->max_sectors && erase->max_ranges) {
		limits->max_secure_erase_sectors = le32_to_cpu(erase->max_sectors);
		limits->discard_granularity =
			max3(craft_blk_sectors_to_bytes(config->secure_erase_alignment),
			     limits->logical_block_size, limits->discard_granularity);
	}
}

int craft_blk_read_limits(struct virtio_device *vdev, const struct craft_blk_config *config,
			  unsigned int ring_size, struct queue_limits *limits)
{
	int err = craft_blk_read_blocks(vdev, config, limits);

	if (err)
		return err;
	err = craft_blk_read_segments(vdev, config, ring_size, limits);
	if (err)
		return err;
	if (virtio_has_feature(vdev, CRAFT_BLK_F_TOPOLOGY))
		craft_blk_read_topology(vdev, config, limits);
	craft_blk_read_ranges(vdev, config, limits);
	return 0;
}

/* False if no disk is so large. The last block must be a whole one. */
bool craft_blk_capacity(struct virtio_device *vdev, const struct craft_blk_config *config,
			unsigned int block_size, sector_t *sectors)
{
	u64 capacity = le64_to_cpu(config->capacity);

	if (capacity > (u64)LLONG_MAX >> SECTOR_SHIFT) {
		dev_err(&vdev->dev, "a capacity of %llu sectors: no disk is so large\n", capacity);
		return false;
	}
	*sectors = round_down(capacity, block_size >> SECTOR_SHIFT);
	return true;
}

/* Without a cache there is nothing that a write need wait for. */
blk_features_t craft_blk_cache_features(struct virtio_device *vdev, bool writeback)
{
	blk_features_t features = writeback ? BLK_FEAT_WRITE_CACHE : 0;

	if (writeback && virtio_has_feature(vdev, CRAFT_BLK_F_FUA))
		features |= BLK_FEAT_FUA;
	return features;
}

#ifndef CRAFT_BLK_HAS_COMMIT_FROZEN
static int queue_limits_commit_update_frozen(struct request_queue *q, struct queue_limits *limits)
{
	int err;

	blk_mq_freeze_queue(q);
	err = queue_limits_commit_update(q, limits);
	blk_mq_unfreeze_queue(q);
	return err;
}
#endif

/* When this returns, what was under way when it was called is done. */
int craft_blk_limit_cache(struct craft_blk *blk, bool writeback)
{
	struct request_queue *q = blk->disk->queue;
	struct queue_limits limits = queue_limits_start_update(q);

	limits.features &= ~(BLK_FEAT_WRITE_CACHE | BLK_FEAT_FUA);
	limits.features |= craft_blk_cache_features(blk->vdev, writeback);
	return queue_limits_commit_update_frozen(q, &limits);
}
