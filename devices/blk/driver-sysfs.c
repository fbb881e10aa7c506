// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the disk shows in sysfs, by the names that virtio_blk gives it: serial
 * and cache_type.
 */
#include <linux/blkdev.h>
#include <linux/sysfs.h>

#include "driver.h"

static ssize_t serial_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct request *rq = blk_mq_alloc_request(dev_to_disk(dev)->queue, REQ_OP_DRV_IN, 0);
	struct craft_blk_request *req;
	blk_status_t status;
	int len = 0;

	if (IS_ERR(rq))
		return PTR_ERR(rq);
	req = blk_mq_rq_to_pdu(rq);
	status = blk_execute_rq(rq, false);
	/* It need not end with a NUL. A device that knows none may refuse. */
	if (!status)
		len = sysfs_emit(buf, "%.*s", CRAFT_BLK_SERIAL_BYTES, req->id);
	blk_mq_free_request(rq);
	return status == BLK_STS_NOTSUPP ? 0 : blk_status_to_errno(status) ?: len;
}
static DEVICE_ATTR_RO(serial);

static const char *const craft_blk_cache_types[] = { "write through", "write back" };

static ssize_t cache_type_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct craft_blk *blk = dev_to_disk(dev)->private_data;

	return sysfs_emit(buf, "%s\n", craft_blk_cache_types[READ_ONCE(blk->writeback)]);
}

/* The safe side first: a block layer that flushes what need not be flushed. */
static int craft_blk_write_back(struct craft_blk *blk)
{
	int err = craft_blk_limit_cache(blk, true);

	if (err)
		return err;
	mutex_lock(&blk->lock);
	blk->writeback = true;
	if (blk->state == CRAFT_BLK_RUNNING)
		craft_blk_write_cache_mode(blk->vdev, true);
	mutex_unlock(&blk->lock);
	return 0;
}

static int craft_blk_ask_write_through(struct craft_blk *blk)
{
	struct craft_blk_config config;
	int err = -ENODEV;

	mutex_lock(&blk->lock);
	if (blk->state == CRAFT_BLK_RUNNING) {
		craft_blk_write_cache_mode(blk->vdev, false);
		err = craft_blk_read_config(blk->vdev, &config);
		if (!err && craft_blk_cache_mode(blk->vdev, &config))
			err = -EOPNOTSUPP;
		blk->writeback = err;
	}
	mutex_unlock(&blk->lock);
	return err;
}

/*
 * What was written before is in the cache still, and what was under way may be:
 * once the queue was empty, a flush has it all.
 */
static int craft_blk_write_through(struct craft_blk *blk)
{
	int err = craft_blk_ask_write_through(blk);

	if (err)
		return err;
	err = craft_blk_limit_cache(blk, true) ?: blkdev_issue_flush(blk->disk->part0) ?:
		craft_blk_limit_cache(blk, false);
	if (err)
		craft_blk_write_back(blk);
	return err;
}

static ssize_t cache_type_store(struct device *dev, struct device_attribute *attr,
				const char *buf, size_t count)
{
	struct craft_blk *blk = dev_to_disk(dev)->private_data;
	int type = sysfs_match_string(craft_blk_cache_types, buf);
	int err;

	if (type < 0)
		return type;
	mutex_lock(&blk->cache_lock);
	err = type ? craft_blk_write_back(blk) : craft_blk_write_through(blk);
	mutex_unlock(&blk->cache_lock);
	return err ?: count;
}
static DEVICE_ATTR_RW(cache_type);

static struct attribute *craft_blk_attrs[] = {
	&dev_attr_serial.attr,
	&dev_attr_cache_type.attr,
	NULL
};

static umode_t craft_blk_attr_mode(struct kobject *kobj, struct attribute *attr, int n)
{
	struct craft_blk *blk = dev_to_disk(kobj_to_dev(kobj))->private_data;

	if (attr == &dev_attr_cache_type.attr &&
	    !virtio_has_feature(blk->vdev, CRAFT_BLK_F_CONFIG_WCE))
		return 0444;
	return attr->mode;
}

static const struct attribute_group craft_blk_group = {
	.attrs = craft_blk_attrs,
	.is_visible = craft_blk_attr_mode,
};

const struct attribute_group *craft_blk_groups[] = {
	&craft_blk_group,
	NULL
};
