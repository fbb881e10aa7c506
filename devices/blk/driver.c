// SPDX-License-Identifier: GPL-2.0-only
/*
 * Driver of virtio-blk devices, beside the kernel's own: how a device comes,
 * changes, sleeps and goes. abi.h beside this file says what goes over the
 * queues. It has no alias and takes no device from virtio_blk: who wants it
 * for a device unbinds that there, and binds it here.
 */
#include <linux/blkdev.h>
#include <linux/idr.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/virtio_ring.h>

#include "driver.h"

#define CRAFT_BLK_MAX_DEPTH	1024U	/* requests under way in a queue */

static unsigned int max_queues;
module_param(max_queues, uint, 0644);
MODULE_PARM_DESC(max_queues, "Queues of a device to use at most, 0: one for each CPU");

static unsigned int poll_queues;
module_param(poll_queues, uint, 0644);
MODULE_PARM_DESC(poll_queues, "How many of these are polled and raise no interrupts");

static bool indirect = true;
module_param(indirect, bool, 0644);
MODULE_PARM_DESC(indirect, "Use indirect descriptors; without, no request allocates memory");

static DEFINE_IDA(craft_blk_indices);
static struct workqueue_struct *craft_blk_wq;

/* Changes of the configuration */

static void craft_blk_update_capacity(struct craft_blk *blk,
				      const struct craft_blk_config *config)
{
	struct gendisk *disk = blk->disk;
	sector_t sectors;

	if (!craft_blk_capacity(blk->vdev, config, queue_logical_block_size(disk->queue),
				&sectors) || sectors == get_capacity(disk))
		return;
	dev_info(&blk->vdev->dev, "%s: now %llu sectors\n", disk->disk_name,
		 (unsigned long long)sectors);
	set_capacity_and_notify(disk, sectors);
}

/* DEVICE_NEEDS_RESET comes by the same interrupt. */
static void craft_blk_config_work(struct work_struct *work)
{
	struct craft_blk *blk = container_of(work, struct craft_blk, config_work);
	struct virtio_device *vdev = blk->vdev;
	struct craft_blk_config config;

	mutex_lock(&blk->lock);
	if (blk->state == CRAFT_BLK_RUNNING) {
		if (vdev->config->get_status(vdev) & VIRTIO_CONFIG_S_NEEDS_RESET)
			craft_blk_recover(blk);
		else if (!craft_blk_read_config(vdev, &config))
			craft_blk_update_capacity(blk, &config);
	}
	mutex_unlock(&blk->lock);
}

static void craft_blk_config_changed(struct virtio_device *vdev)
{
	struct craft_blk *blk = vdev->priv;

	queue_work(blk->wq, &blk->config_work);
}

/* Probe */

static const struct blk_mq_ops craft_blk_mq_ops = {
	.queue_rq = craft_blk_queue_rq,
	.queue_rqs = craft_blk_queue_rqs,
	.commit_rqs = craft_blk_commit_rqs,
	.complete = craft_blk_complete,
	.timeout = craft_blk_timeout,
	.poll = craft_blk_poll,
	.map_queues = craft_blk_map_queues,
	.init_hctx = craft_blk_init_hctx,
	.init_request = craft_blk_init_request,
};

/* Called when the last who had the disk open closes it. */
static void craft_blk_free(struct craft_blk *blk)
{
	ida_free(&craft_blk_indices, blk->index);
	kfree(blk->queues);
	kfree(blk);
}

static void craft_blk_free_disk(struct gendisk *disk)
{
	craft_blk_free(disk->private_data);
}

static const struct block_device_operations craft_blk_fops = {
	.owner = THIS_MODULE,
	.free_disk = craft_blk_free_disk,
};

static int craft_blk_count_queues(struct craft_blk *blk, const struct craft_blk_config *config)
{
	unsigned int count = 1, i;

	if (virtio_has_feature(blk->vdev, CRAFT_BLK_F_MQ))
		count = le16_to_cpu(config->num_queues);
	if (!count) {
		dev_err(&blk->vdev->dev, "device says that it has no queue\n");
		return -EINVAL;
	}
	blk->num_queues = min3(count, max_queues ?: UINT_MAX, nr_cpu_ids);
	blk->num_polled = min(poll_queues, blk->num_queues - 1);
	blk->queues = kcalloc(blk->num_queues, sizeof(*blk->queues), GFP_KERNEL);
	if (!blk->queues)
		return -ENOMEM;
	for (i = 0; i < blk->num_queues; i++)
		spin_lock_init(&blk->queues[i].lock);
	return 0;
}

static struct craft_blk *craft_blk_alloc(struct virtio_device *vdev)
{
	struct craft_blk *blk = kzalloc(sizeof(*blk), GFP_KERNEL);

	if (!blk)
		return ERR_PTR(-ENOMEM);
	blk->index = ida_alloc(&craft_blk_indices, GFP_KERNEL);
	if (blk->index < 0) {
		int err = blk->index;

		kfree(blk);
		return ERR_PTR(err);
	}
	blk->vdev = vdev;
	blk->wq = craft_blk_wq;
	mutex_init(&blk->lock);
	mutex_init(&blk->cache_lock);
	INIT_WORK(&blk->config_work, craft_blk_config_work);
	INIT_WORK(&blk->recovery, craft_blk_recovery);
	return blk;
}

/* Small requests take three descriptors each, which one table replaces. */
static unsigned int craft_blk_depth(struct craft_blk *blk)
{
	bool tables = virtio_has_feature(blk->vdev, VIRTIO_RING_F_INDIRECT_DESC);

	return clamp(tables ? blk->ring_size : blk->ring_size / 2, 1U, CRAFT_BLK_MAX_DEPTH);
}

static int craft_blk_alloc_tags(struct craft_blk *blk)
{
	blk->tags.ops = &craft_blk_mq_ops;
	blk->tags.nr_hw_queues = blk->num_queues;
	blk->tags.nr_maps = blk->num_polled ? HCTX_MAX_TYPES : 1;
	blk->tags.queue_depth = craft_blk_depth(blk);
	blk->tags.numa_node = NUMA_NO_NODE;
	blk->tags.cmd_size = sizeof(struct craft_blk_request);
	blk->tags.driver_data = blk;
#ifdef CRAFT_BLK_HAS_SHOULD_MERGE
	blk->tags.flags = BLK_MQ_F_SHOULD_MERGE;
#endif
	return blk_mq_alloc_tag_set(&blk->tags);
}

static int craft_blk_alloc_disk(struct craft_blk *blk, struct queue_limits *limits,
				sector_t sectors)
{
	struct gendisk *disk;
	int err = craft_blk_alloc_tags(blk);

	if (err)
		return err;
	disk = blk_mq_alloc_disk(&blk->tags, limits, blk);
	if (IS_ERR(disk)) {
		blk_mq_free_tag_set(&blk->tags);
		return PTR_ERR(disk);
	}
	disk->private_data = blk;
	disk->fops = &craft_blk_fops;
	snprintf(disk->disk_name, sizeof(disk->disk_name), "cbd%d", blk->index);
	set_disk_ro(disk, virtio_has_feature(blk->vdev, CRAFT_BLK_F_RO));
	set_capacity(disk, sectors);
	blk->disk = disk;
	return 0;
}

/* All that the device must say before it is started */
static int craft_blk_setup(struct craft_blk *blk)
{
	struct virtio_device *vdev = blk->vdev;
	struct queue_limits limits = { 0 };
	struct craft_blk_config config;
	sector_t sectors;
	int err;

	err = craft_blk_read_config(vdev, &config) ?: craft_blk_count_queues(blk, &config) ?:
		craft_blk_find_queues(blk);
	if (err)
		return err;
	blk->writeback = craft_blk_cache_mode(vdev, &config);
	limits.features = craft_blk_cache_features(vdev, blk->writeback);
	err = craft_blk_read_limits(vdev, &config, blk->ring_size, &limits);
	if (!err && !craft_blk_capacity(vdev, &config, limits.logical_block_size, &sectors))
		err = -EINVAL;
	if (!err)
		err = craft_blk_alloc_disk(blk, &limits, sectors);
	if (err)
		vdev->config->del_vqs(vdev);
	return err;
}

static void craft_blk_leave(struct craft_blk *blk)
{
	LIST_HEAD(none);

	mutex_lock(&blk->lock);
	if (blk->state != CRAFT_BLK_DEAD)
		craft_blk_detach(blk, &none);
	mutex_unlock(&blk->lock);
	cancel_work_sync(&blk->config_work);
	cancel_work_sync(&blk->recovery);
	blk_mq_free_tag_set(&blk->tags);
}

static void craft_blk_announce(struct craft_blk *blk)
{
	struct virtio_device *vdev = blk->vdev;

	dev_info(&vdev->dev, "%s: %llu sectors, %u queues (%u polled) of %u, %s%s, features %#llx\n",
		 blk->disk->disk_name, (unsigned long long)get_capacity(blk->disk),
		 blk->num_queues, blk->num_polled, blk->ring_size,
		 virtio_has_feature(vdev, VIRTIO_F_RING_PACKED) ? "packed" : "split",
		 virtio_has_feature(vdev, VIRTIO_RING_F_INDIRECT_DESC) ? ", indirect" : "",
		 vdev->features);
}

static int craft_blk_probe(struct virtio_device *vdev)
{
	struct craft_blk *blk = craft_blk_alloc(vdev);
	int err;

	if (IS_ERR(blk))
		return PTR_ERR(blk);
	vdev->priv = blk;
	err = craft_blk_setup(blk);
	if (err)
		goto err_free;
	err = craft_blk_start(blk);
	if (err)
		goto err_leave;
	craft_blk_announce(blk);
	err = device_add_disk(&vdev->dev, blk->disk, craft_blk_groups);
	if (err)
		goto err_leave;
	return 0;

err_leave:
	craft_blk_leave(blk);
	put_disk(blk->disk);
err_free:
	craft_blk_free(blk);
	return err;
}

/* Pulled out, which the core tells by breaking the queues, it answers nothing more. */
static bool craft_blk_is_broken(struct craft_blk *blk)
{
	bool broken;

	spin_lock_irq(&blk->queues[0].lock);
	broken = blk->queues[0].vq && virtqueue_is_broken(blk->queues[0].vq);
	spin_unlock_irq(&blk->queues[0].lock);
	return broken;
}

static void craft_blk_remove(struct virtio_device *vdev)
{
	struct craft_blk *blk = vdev->priv;

	if (craft_blk_is_broken(blk))
		craft_blk_give_up(blk);
	del_gendisk(blk->disk);
	craft_blk_leave(blk);
	put_disk(blk->disk);
}

/* Sleep: what is under way is taken back, and sent again after it. */
static int craft_blk_freeze(struct virtio_device *vdev)
{
	struct craft_blk *blk = vdev->priv;

	mutex_lock(&blk->lock);
	if (blk->state == CRAFT_BLK_RUNNING)
		craft_blk_stop(blk, false);
	mutex_unlock(&blk->lock);
	return 0;
}

static int craft_blk_restore(struct virtio_device *vdev)
{
	struct craft_blk *blk = vdev->priv;
	int err = 0;

	mutex_lock(&blk->lock);
	if (blk->state == CRAFT_BLK_AWAY)
		err = craft_blk_resume(blk);
	mutex_unlock(&blk->lock);
	if (err)
		craft_blk_give_up(blk);
	return err;
}

static int craft_blk_validate(struct virtio_device *vdev)
{
	if (!vdev->config->get || !virtio_has_feature(vdev, VIRTIO_F_VERSION_1)) {
		dev_err(&vdev->dev, "device has no configuration space or is no virtio 1 device\n");
		return -EINVAL;
	}
	if (!indirect)
		__virtio_clear_bit(vdev, VIRTIO_RING_F_INDIRECT_DESC);
	/* Without a flush, stable writes would be no more than writes. */
	if (!virtio_has_feature(vdev, CRAFT_BLK_F_FLUSH))
		__virtio_clear_bit(vdev, CRAFT_BLK_F_FUA);
	return 0;
}

static const unsigned int craft_blk_features[] = {
	CRAFT_BLK_F_SIZE_MAX, CRAFT_BLK_F_SEG_MAX, CRAFT_BLK_F_RO, CRAFT_BLK_F_BLOCK_SIZE,
	CRAFT_BLK_F_FLUSH, CRAFT_BLK_F_TOPOLOGY, CRAFT_BLK_F_CONFIG_WCE, CRAFT_BLK_F_MQ,
	CRAFT_BLK_F_DISCARD, CRAFT_BLK_F_WRITE_ZEROES, CRAFT_BLK_F_SECURE_ERASE, CRAFT_BLK_F_FUA,
};

static const struct virtio_device_id craft_blk_ids[] = {
	{ VIRTIO_ID_BLOCK, VIRTIO_DEV_ANY_ID },
	{ 0 }
};

static struct virtio_driver craft_blk_driver = {
	.driver.name = KBUILD_MODNAME,
	.feature_table = craft_blk_features,
	.feature_table_size = ARRAY_SIZE(craft_blk_features),
	.id_table = craft_blk_ids,
	.validate = craft_blk_validate,
	.probe = craft_blk_probe,
	.remove = craft_blk_remove,
	.config_changed = craft_blk_config_changed,
	.freeze = pm_sleep_ptr(craft_blk_freeze),
	.restore = pm_sleep_ptr(craft_blk_restore),
};

static int __init craft_blk_init(void)
{
	int err;

	craft_blk_wq = alloc_workqueue("craft_blk", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!craft_blk_wq)
		return -ENOMEM;
	err = register_virtio_driver(&craft_blk_driver);
	if (err)
		destroy_workqueue(craft_blk_wq);
	return err;
}
module_init(craft_blk_init);

static void __exit craft_blk_exit(void)
{
	unregister_virtio_driver(&craft_blk_driver);
	destroy_workqueue(craft_blk_wq);
}
module_exit(craft_blk_exit);

MODULE_DESCRIPTION("Driver of virtio-blk devices");
MODULE_LICENSE("GPL");
