// SPDX-License-Identifier: GPL-2.0-only
/*
 * Driver of the virtio-fault device. A number written to the attribute submit
 * sends so many requests and waits for them, for a limited time. What it does
 * wrong on the way, where it is told to, is in driver-faults.c.
 */
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "driver.h"

#define FAULT_SUBMIT_MAX	1000000U

module_param_cb(fault, &fault_kind_ops, NULL, 0644);
MODULE_PARM_DESC(fault, "What to do wrong, from the next probe on (default: none)");

static unsigned int limit_ms = 3000;
module_param(limit_ms, uint, 0644);
MODULE_PARM_DESC(limit_ms, "How long a submission may make no progress");

/* The queue */

static int fault_add_one(struct fault *fault)
{
	struct fault_request *request = kzalloc(sizeof(*request), GFP_ATOMIC);
	int err;

	if (!request)
		return -ENOMEM;
	/* Not 0: that is what memory reads as where there is none. */
	request->cookie = cpu_to_le64(fault->added + 1);
	request->req.cookie = request->cookie;
	if (fault->kind->add)
		err = fault->kind->add(fault, request);
	else
		err = fault_add(fault, request);
	if (err) {
		kfree(request);
		return err;
	}
	fault->in_flight++;
	fault->added++;
	return 0;
}

/* Puts into the ring what fits of @count. Returns how many, or an error. */
static int fault_add_batch(struct fault *fault, unsigned int count)
{
	bool first = !fault->added;
	int done = 0, err = 0;

	if (fault->kind->only_kick)
		return count;
	while (done < count && fault_has_room(fault)) {
		err = fault_add_one(fault);
		if (err)
			break;
		done++;
	}
	if (done && first && fault->kind->spoil)
		fault->kind->spoil(fault);
	return done ?: err;
}

static int fault_add_and_kick(struct fault *fault, unsigned int count)
{
	bool wanted;
	int done;

	spin_lock_irq(&fault->lock);
	if (fault_is_broken(fault)) {
		spin_unlock_irq(&fault->lock);
		return -EIO;
	}
	done = fault_add_batch(fault, count);
	wanted = virtqueue_kick_prepare(fault->vq);
	spin_unlock_irq(&fault->lock);
	if (fault->kind->kick)
		fault->kind->kick(fault);
	else if (wanted)
		virtqueue_notify(fault->vq);
	return done;
}

static void fault_callback(struct virtqueue *vq)
{
	struct fault *fault = vq->vdev->priv;
	unsigned long flags;

	spin_lock_irqsave(&fault->lock, flags);
	if (fault->ready) {
		if (fault->kind->collect)
			fault->kind->collect(fault);
		else
			fault_collect(fault);
	}
	spin_unlock_irqrestore(&fault->lock, flags);
	wake_up(&fault->wait);
}

static void fault_config_changed(struct virtio_device *vdev)
{
	struct fault *fault = vdev->priv;

	if (vdev->config->get_status(vdev) & VIRTIO_CONFIG_S_NEEDS_RESET) {
		WRITE_ONCE(fault->needs_reset, true);
		wake_up(&fault->wait);
	}
}

/* Submitting */

/* A device that goes on may be slow to: that all are back is not the end of it. */
static bool fault_has_ended(struct fault *fault, bool all)
{
	return fault_is_broken(fault) || (!all && fault_has_room(fault)) ||
	       (!READ_ONCE(fault->in_flight) && !fault->kind->goes_on);
}

static long fault_wait(struct fault *fault, bool all)
{
	return wait_event_interruptible_timeout(fault->wait, fault_has_ended(fault, all),
						msecs_to_jiffies(limit_ms));
}

static int fault_submit(struct fault *fault, unsigned int count)
{
	long left;
	int done;

	if (fault->kind->fill)
		count = max(count, fault->ring_size + 1);
	fault->refused = 0;
	do {
		done = fault_add_and_kick(fault, count);
		if (done < 0)
			return done;
		count -= done;
		left = fault_wait(fault, !count);
	} while (count && left > 0 && !fault_is_broken(fault));

	if (left < 0)
		return left;
	if (fault_is_broken(fault) || fault->refused)
		return -EIO;
	return left ? 0 : -ETIMEDOUT;
}

static ssize_t submit_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t size)
{
	struct virtio_device *vdev = dev_to_virtio(dev);
	struct fault *fault = vdev->priv;
	unsigned int count;
	int err;

	err = kstrtouint(buf, 0, &count);
	if (err)
		return err;
	if (!count || count > FAULT_SUBMIT_MAX)
		return -EINVAL;
	if (mutex_lock_interruptible(&fault->submit_lock))
		return -ERESTARTSYS;
	err = fault_submit(fault, count);
	if (err)
		dev_warn(dev, "submission failed (%d): %u in flight, %u refused%s\n", err,
			 fault->in_flight, fault->refused,
			 fault_is_broken(fault) ? ", broken or needs reset" : "");
	mutex_unlock(&fault->submit_lock);
	return err ?: size;
}
static DEVICE_ATTR_WO(submit);

static ssize_t in_flight_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct fault *fault = dev_to_virtio(dev)->priv;

	return sysfs_emit(buf, "%u\n", READ_ONCE(fault->in_flight));
}
static DEVICE_ATTR_RO(in_flight);

static struct attribute *fault_attrs[] = {
	&dev_attr_submit.attr,
	&dev_attr_in_flight.attr,
	NULL
};
ATTRIBUTE_GROUPS(fault);

/* The device's life */

static void fault_stop(struct fault *fault)
{
	struct fault_request *request;

	if (!fault->ready)
		return;
	spin_lock_irq(&fault->lock);
	fault->ready = false;
	spin_unlock_irq(&fault->lock);
	virtio_reset_device(fault->vdev);
	if (fault->kind->stop)
		fault->kind->stop(fault);
	if (fault->kind->mend)
		fault->kind->mend(fault);
	while ((request = virtqueue_detach_unused_buf(fault->vq)))
		kfree(request);
	fault->in_flight = 0;
	fault->vdev->config->del_vqs(fault->vdev);
}

static int fault_start(struct fault *fault)
{
	struct virtqueue_info info[] = { { "requests", fault_callback } };
	int err = virtio_find_vqs(fault->vdev, 1, &fault->vq, info, NULL);

	if (err)
		return err;
	fault->ring_size = virtqueue_get_vring_size(fault->vq);
	fault->needs_reset = false;
	fault->added = 0;
	virtio_device_ready(fault->vdev);
	spin_lock_irq(&fault->lock);
	fault->ready = true;
	spin_unlock_irq(&fault->lock);
	if (fault->kind->start)
		err = fault->kind->start(fault);
	if (err)
		fault_stop(fault);
	return err;
}

static int fault_probe(struct virtio_device *vdev)
{
	struct fault *fault = kzalloc(sizeof(*fault), GFP_KERNEL);
	int err;

	if (!fault)
		return -ENOMEM;
	fault->vdev = vdev;
	fault->kind = fault_chosen;
	mutex_init(&fault->submit_lock);
	spin_lock_init(&fault->lock);
	init_waitqueue_head(&fault->wait);
	vdev->priv = fault;
	err = fault_check_needs(fault) ?: fault_start(fault);
	if (err) {
		kfree(fault);
		return err;
	}
	dev_info(&vdev->dev, "driver fault %s, a ring of %u\n", fault->kind->name,
		 fault->ring_size);
	return 0;
}

static void fault_remove(struct virtio_device *vdev)
{
	fault_stop(vdev->priv);
	kfree(vdev->priv);
}

static int fault_freeze(struct virtio_device *vdev)
{
	fault_stop(vdev->priv);
	return 0;
}

static int fault_restore(struct virtio_device *vdev)
{
	return fault_start(vdev->priv);
}

static const struct virtio_device_id fault_id_table[] = {
	{ VIRTIO_ID_FAULT, VIRTIO_DEV_ANY_ID },
	{ 0 }
};

static struct virtio_driver fault_driver = {
	.driver.name = KBUILD_MODNAME,
	.driver.dev_groups = fault_groups,
	.id_table = fault_id_table,
	.probe = fault_probe,
	.remove = fault_remove,
	.config_changed = fault_config_changed,
	.freeze = pm_sleep_ptr(fault_freeze),
	.restore = pm_sleep_ptr(fault_restore),
};
module_virtio_driver(fault_driver);

MODULE_DEVICE_TABLE(virtio, fault_id_table);
MODULE_DESCRIPTION("Virtio fault device driver");
MODULE_LICENSE("GPL");
