// SPDX-License-Identifier: GPL-2.0-only
/* The configuration of a virtio-blk device, read as a whole. */
#include <linux/virtio_config.h>

#include "driver.h"

struct craft_blk_field {
	u8 feature;	/* without which the device need not have the field */
	u8 at;
	u8 size;
};

#define AT(field) offsetof(struct craft_blk_config, field)

static const struct craft_blk_field craft_blk_fields[] = {
	{ VIRTIO_F_VERSION_1, AT(capacity), 8 },
	{ CRAFT_BLK_F_SIZE_MAX, AT(size_max), 4 },
	{ CRAFT_BLK_F_SEG_MAX, AT(seg_max), 4 },
	{ CRAFT_BLK_F_BLOCK_SIZE, AT(block_size), 4 },
	{ CRAFT_BLK_F_TOPOLOGY, AT(topology.physical_block_exp), 1 },
	{ CRAFT_BLK_F_TOPOLOGY, AT(topology.alignment_offset), 1 },
	{ CRAFT_BLK_F_TOPOLOGY, AT(topology.min_io_size), 2 },
	{ CRAFT_BLK_F_TOPOLOGY, AT(topology.opt_io_size), 4 },
	{ CRAFT_BLK_F_CONFIG_WCE, AT(writeback), 1 },
	{ CRAFT_BLK_F_MQ, AT(num_queues), 2 },
	{ CRAFT_BLK_F_DISCARD, AT(discard.max_sectors), 4 },
	{ CRAFT_BLK_F_DISCARD, AT(discard.max_ranges), 4 },
	{ CRAFT_BLK_F_DISCARD, AT(discard_alignment), 4 },
	{ CRAFT_BLK_F_WRITE_ZEROES, AT(write_zeroes.max_sectors), 4 },
	{ CRAFT_BLK_F_WRITE_ZEROES, AT(write_zeroes.max_ranges), 4 },
	{ CRAFT_BLK_F_SECURE_ERASE, AT(secure_erase.max_sectors), 4 },
	{ CRAFT_BLK_F_SECURE_ERASE, AT(secure_erase.max_ranges), 4 },
	{ CRAFT_BLK_F_SECURE_ERASE, AT(secure_erase_alignment), 4 },
};

static u32 craft_blk_generation(struct virtio_device *vdev)
{
	return vdev->config->generation ? vdev->config->generation(vdev) : 0;
}

/* Fields of features that were not negotiated read 0. */
static void craft_blk_copy_config(struct virtio_device *vdev, struct craft_blk_config *config)
{
	const struct craft_blk_field *field;
	unsigned int i;

	memset(config, 0, sizeof(*config));
	for (i = 0; i < ARRAY_SIZE(craft_blk_fields); i++) {
		field = &craft_blk_fields[i];
		if (virtio_has_feature(vdev, field->feature))
			vdev->config->get(vdev, field->at, (void *)config + field->at,
					  field->size);
	}
}

/* virtio_cread() would wait for ever for a device that never settles. */
int craft_blk_read_config(struct virtio_device *vdev, struct craft_blk_config *config)
{
	int tries = 16;
	u32 generation;

	do {
		if (!tries--) {
			dev_err_ratelimited(&vdev->dev, "configuration never settles\n");
			return -EIO;
		}
		generation = craft_blk_generation(vdev);
		craft_blk_copy_config(vdev, config);
	} while (generation != craft_blk_generation(vdev));
	return 0;
}

void craft_blk_write_cache_mode(struct virtio_device *vdev, bool writeback)
{
	u8 mode = writeback;

	vdev->config->set(vdev, offsetof(struct craft_blk_config, writeback), &mode, 1);
}

/* With no say in it, a device that can flush is taken to have what to flush. */
bool craft_blk_cache_mode(struct virtio_device *vdev, const struct craft_blk_config *config)
{
	if (virtio_has_feature(vdev, CRAFT_BLK_F_CONFIG_WCE))
		return config->writeback;
	return virtio_has_feature(vdev, CRAFT_BLK_F_FLUSH);
}
