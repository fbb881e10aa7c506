// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a driver uses a virtqueue: it adds a buffer, kicks the device, and gets
 * the buffer back, used, after an interrupt. And how it comes and goes: probe,
 * remove, suspend.
 * Its user's side is a file of sysfs. The kernel takes it away, and waits for
 * whoever is in it, before it calls remove().
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/wait.h>

#include "abi.h"

#define HELLO_TIMEOUT (10 * HZ)

struct hello {
	struct virtqueue *vq; /* NULL: the device is away */
	struct mutex lock; /* one message at a time */
	wait_queue_head_t interrupted;
	bool in_flight; /* the device owns the buffers */
	size_t len; /* of the message, then of the answer */
	u8 out[VIRTIO_HELLO_MAX] __aligned(ARCH_DMA_MINALIGN);
	u8 in[VIRTIO_HELLO_MAX] __aligned(ARCH_DMA_MINALIGN);
};

static void hello_interrupt(struct virtqueue *vq)
{
	struct hello *hello = vq->vdev->priv;

	wake_up(&hello->interrupted);
}

static bool hello_collect(struct hello *hello)
{
	unsigned int used;

	if (!virtqueue_get_buf(hello->vq, &used))
		return false;
	hello->in_flight = false;
	/* The device may claim to have written more than there was room for. */
	hello->len = min_t(size_t, used, hello->len);
	return true;
}

static int hello_exchange(struct hello *hello, const char *text, size_t len)
{
	struct scatterlist out, in, *sgs[] = { &out, &in };
	int err;

	if (!hello->vq)
		return -ENODEV;
	/* After a time-out the buffers are still the device's: let them be. */
	if (hello->in_flight && !hello_collect(hello))
		return -EBUSY;
	memcpy(hello->out, text, len);
	sg_init_one(&out, hello->out, len);
	sg_init_one(&in, hello->in, len);
	err = virtqueue_add_sgs(hello->vq, sgs, 1, 1, hello, GFP_KERNEL);
	if (err)
		return err;
	hello->in_flight = true;
	hello->len = len;
	virtqueue_kick(hello->vq);
	/* An interrupt alone says nothing: what counts is a buffer that is used. */
	return wait_event_timeout(hello->interrupted, hello_collect(hello),
				  HELLO_TIMEOUT) ? 0 : -ETIMEDOUT;
}

static ssize_t message_store(struct device *dev, struct device_attribute *attr,
			     const char *buf, size_t count)
{
	struct hello *hello = dev_to_virtio(dev)->priv;

	/* Of a page, sysfs takes all of it and shows one byte less. */
	if (count > VIRTIO_HELLO_MAX || count >= PAGE_SIZE)
		return -EMSGSIZE;
	guard(mutex)(&hello->lock);
	return hello_exchange(hello, buf, count) ?: count;
}

static ssize_t message_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	struct hello *hello = dev_to_virtio(dev)->priv;
	size_t len;

	guard(mutex)(&hello->lock);
	len = hello->in_flight ? 0 : hello->len;
	memcpy(buf, hello->in, len);
	return len;
}
static DEVICE_ATTR_ADMIN_RW(message);

static struct attribute *hello_attrs[] = {
	&dev_attr_message.attr,
	NULL
};
ATTRIBUTE_GROUPS(hello);

/* Reset, a device gives back every buffer and raises no more interrupts. */
static int hello_stop(struct virtio_device *vdev)
{
	struct hello *hello = vdev->priv;

	virtio_reset_device(vdev);
	vdev->config->del_vqs(vdev);
	hello->vq = NULL;
	hello->in_flight = false;
	hello->len = 0;
	return 0;
}

static int hello_start(struct virtio_device *vdev)
{
	struct hello *hello = vdev->priv;
	struct virtqueue *vq = virtio_find_single_vq(vdev, hello_interrupt,
						     "requests");

	if (IS_ERR(vq))
		return PTR_ERR(vq);
	hello->vq = vq;
	virtio_device_ready(vdev);
	return 0;
}

static int hello_probe(struct virtio_device *vdev)
{
	struct hello *hello = devm_kzalloc(&vdev->dev, sizeof(*hello),
					   GFP_KERNEL);
	int err;

	if (!hello)
		return -ENOMEM;
	mutex_init(&hello->lock);
	init_waitqueue_head(&hello->interrupted);
	vdev->priv = hello;
	err = hello_start(vdev);
	if (!err)
		dev_info(&vdev->dev, "Virtio hello device is ready\n");
	return err;
}

static void hello_remove(struct virtio_device *vdev)
{
	hello_stop(vdev);
}

static const struct virtio_device_id hello_ids[] = {
	{ VIRTIO_ID_HELLO, VIRTIO_DEV_ANY_ID },
	{ 0 }
};
MODULE_DEVICE_TABLE(virtio, hello_ids);

static struct virtio_driver hello_driver = {
	.driver.name = KBUILD_MODNAME,
	.driver.dev_groups = hello_groups,
	.id_table = hello_ids,
	.probe = hello_probe,
	.remove = hello_remove,
	.freeze = pm_sleep_ptr(hello_stop),
	.restore = pm_sleep_ptr(hello_start),
};
module_virtio_driver(hello_driver);

MODULE_DESCRIPTION("Driver of the virtio-hello device");
MODULE_LICENSE("GPL");
