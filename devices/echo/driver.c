// SPDX-License-Identifier: GPL-2.0-only
/*
 * Driver of the virtio-echo device: how a device comes, fails, sleeps and goes.
 * abi.h beside this file says what goes over the queues.
 */
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "driver.h"

#define ECHO_PAYLOAD_LIMIT	(16U << 20)	/* whatever the device offers */

/* Starting and stopping the device */

static int echo_find_vqs(struct echo *echo)
{
	struct virtqueue_info info[] = {
		[VIRTIO_ECHO_VQ_REQUEST] = { "requests", echo_request_done },
		[VIRTIO_ECHO_VQ_EVENT] = { "events", echo_event_done },
	};
	unsigned int nvqs = echo->event_buffers ? 2 : 1;
	int err = virtio_find_vqs(echo->vdev, nvqs, echo->vqs, info, NULL);

	if (!err)
		echo->nvqs = nvqs;
	return err;
}

static void echo_del_vqs(struct echo *echo)
{
	if (echo->nvqs)
		echo->vdev->config->del_vqs(echo->vdev);
	echo->nvqs = 0;
}

/* A request and its answer share the ring, a chunk is one descriptor. */
static int echo_set_limits(struct echo *echo, u32 max_payload)
{
	size_t chunk = min_t(size_t, PAGE_SIZE << MAX_PAGE_ORDER,
			     virtio_max_dma_size(echo->vdev));
	u32 ring = virtqueue_get_vring_size(echo->vqs[VIRTIO_ECHO_VQ_REQUEST]);
	u64 room;

	if (ring < 2 || chunk < PAGE_SIZE) {
		dev_err(&echo->vdev->dev, "a ring of %u with segments of %zu bytes holds no request\n",
			ring, chunk);
		return -EINVAL;
	}
	echo->max_slots = ring / 2;
	room = (u64)echo->max_slots * rounddown_pow_of_two(chunk) -
		sizeof(struct virtio_echo_req);
	echo->max_payload = min3((u64)max_payload, room, (u64)ECHO_PAYLOAD_LIMIT);
	return 0;
}

/* Of a change before DRIVER_OK no interrupt tells; the greeting is read after it. */
static void echo_announce(struct echo *echo)
{
	struct virtio_echo_config cfg;

	if (!echo_read_config(echo->vdev, &cfg))
		dev_info(&echo->vdev->dev, "Virtio echo device: version %u, greeting \"%*pE\", max payload %u, features %#llx\n",
			 VIRTIO_ECHO_VERSION, le16_to_cpu(cfg.greeting_len), cfg.greeting,
			 echo->max_payload, echo->vdev->features);
}

static int echo_start(struct echo *echo)
{
	struct virtio_echo_config cfg;
	unsigned long flags;
	int err;

	err = echo_read_config(echo->vdev, &cfg) ?: echo_find_vqs(echo);
	if (err)
		return err;
	err = echo_set_limits(echo, le32_to_cpu(cfg.max_payload));
	if (err) {
		echo_del_vqs(echo);
		return err;
	}
	virtio_device_ready(echo->vdev);
	echo_announce(echo);

	spin_lock_irqsave(&echo->lock, flags);
	echo->ready = true;
	echo_unlock_and_notify(echo, flags, echo_post_events(echo));
	spin_lock_irqsave(&echo->lock, flags);
	echo_pump_and_unlock(echo, flags);
	return 0;
}

/* From here on nobody touches the queues nor schedules the work. */
static void echo_stop(struct echo *echo)
{
	spin_lock_irq(&echo->lock);
	echo->ready = false;
	spin_unlock_irq(&echo->lock);
	synchronize_rcu();
}

/* Takes every buffer back; what was under way waits in its old order. */
static void echo_reset(struct echo *echo)
{
	unsigned int i;

	virtio_reset_device(echo->vdev);
	spin_lock_irq(&echo->lock);
	if (echo->nvqs > VIRTIO_ECHO_VQ_REQUEST)
		echo_take_responses(echo);
	if (echo->nvqs > VIRTIO_ECHO_VQ_EVENT)
		echo_take_events(echo, echo->vqs[VIRTIO_ECHO_VQ_EVENT]);
	for (i = 0; i < echo->nvqs; i++)
		while (virtqueue_detach_unused_buf(echo->vqs[i]))
			;
	list_splice_init(&echo->in_flight, &echo->pending);
	spin_unlock_irq(&echo->lock);
}

static void echo_fail(struct echo *echo, int error)
{
	struct echo_message *msg, *next;

	spin_lock_irq(&echo->lock);
	echo->error = error;
	list_for_each_entry_safe(msg, next, &echo->pending, ring_node)
		echo_complete(echo, msg, error);
	echo_wake(echo, NULL);
	spin_unlock_irq(&echo->lock);
}

static bool echo_is_broken(struct echo *echo)
{
	struct virtio_device *vdev = echo->vdev;
	unsigned int i;

	for (i = 0; i < echo->nvqs; i++)
		if (virtqueue_is_broken(echo->vqs[i]))
			return true;
	return vdev->config->get_status(vdev) & VIRTIO_CONFIG_S_NEEDS_RESET;
}

static void echo_work(struct work_struct *work)
{
	struct echo *echo = container_of(work, struct echo, work);
	struct device *dev = &echo->vdev->dev;
	struct virtio_echo_config cfg;

	if (echo->error)
		return;
	if (echo_is_broken(echo)) {
		dev_err(dev, "device is broken; unbind and bind it to start anew\n");
		echo_stop(echo);
		echo_reset(echo);
		echo_fail(echo, -EIO);
	} else if (!echo_read_config(echo->vdev, &cfg)) {
		dev_info_ratelimited(dev, "greeting is now \"%*pE\"\n",
				     le16_to_cpu(cfg.greeting_len), cfg.greeting);
		sysfs_notify(&echo->main.dev.kobj, NULL, "greeting");
	}
}

/* The device sets DEVICE_NEEDS_RESET and says so by the same interrupt. */
static void echo_config_changed(struct virtio_device *vdev)
{
	struct echo *echo = vdev->priv;

	schedule_work(&echo->work);
}

/* The driver */

static void echo_halt(struct echo *echo, int error)
{
	echo_stop(echo);
	cancel_work_sync(&echo->work);
	echo_reset(echo);
	if (error)
		echo_fail(echo, error);
	cancel_work_sync(&echo->free_work);
}

static struct echo *echo_alloc(struct virtio_device *vdev)
{
	struct echo *echo = kzalloc(sizeof(*echo), GFP_KERNEL);

	if (!echo)
		return NULL;
	if (virtio_has_feature(vdev, VIRTIO_ECHO_F_EVENT)) {
		echo->event_buffers = kcalloc(ECHO_EVENT_BUFFERS,
					      sizeof(*echo->event_buffers),
					      GFP_KERNEL);
		if (!echo->event_buffers) {
			kfree(echo);
			return NULL;
		}
	}
	echo->vdev = vdev;
	spin_lock_init(&echo->lock);
	INIT_WORK(&echo->work, echo_work);
	INIT_WORK(&echo->free_work, echo_free_unwanted);
	INIT_LIST_HEAD(&echo->files);
	INIT_LIST_HEAD(&echo->pending);
	INIT_LIST_HEAD(&echo->in_flight);
	INIT_LIST_HEAD(&echo->unwanted);
	INIT_LIST_HEAD(&echo->mailbox.messages);
	init_waitqueue_head(&echo->event_wait);
	echo_nodes_init(echo);
	return echo;
}

static int echo_probe(struct virtio_device *vdev)
{
	struct echo *echo = echo_alloc(vdev);
	int err;

	if (!echo)
		return -ENOMEM;
	vdev->priv = echo;
	err = echo_start(echo);
	if (err)
		goto err_put;
	err = echo_nodes_add(echo);
	if (err)
		goto err_halt;
	return 0;

err_halt:
	echo_halt(echo, -ENODEV);
	echo_del_vqs(echo);
err_put:
	echo_nodes_put(echo);
	return err;
}

static void echo_remove(struct virtio_device *vdev)
{
	struct echo *echo = vdev->priv;

	echo_halt(echo, -ENODEV);
	echo_nodes_del(echo);
	echo_del_vqs(echo);
	echo_nodes_put(echo);
}

static int echo_freeze(struct virtio_device *vdev)
{
	echo_halt(vdev->priv, 0);
	echo_del_vqs(vdev->priv);
	return 0;
}

static int echo_restore(struct virtio_device *vdev)
{
	struct echo *echo = vdev->priv;
	int err;

	/* One that had failed stays so: its users were told that it is over. */
	if (echo->error)
		return 0;
	err = echo_start(echo);
	if (err)
		echo_fail(echo, -EIO);
	else
		schedule_work(&echo->work);
	return err;
}

static int echo_validate(struct virtio_device *vdev)
{
	if (!vdev->config->get || !virtio_has_feature(vdev, VIRTIO_F_VERSION_1)) {
		dev_err(&vdev->dev, "device has no configuration space or is no virtio 1 device\n");
		return -EINVAL;
	}
	return 0;
}

static const unsigned int echo_features[] = {
	VIRTIO_ECHO_F_EVENT,
	VIRTIO_ECHO_F_TRANSFORM,
};

static const struct virtio_device_id echo_id_table[] = {
	{ VIRTIO_ID_ECHO, VIRTIO_DEV_ANY_ID },
	{ 0 },
};

static struct virtio_driver echo_driver = {
	.driver.name = KBUILD_MODNAME,
	.feature_table = echo_features,
	.feature_table_size = ARRAY_SIZE(echo_features),
	.id_table = echo_id_table,
	.validate = echo_validate,
	.probe = echo_probe,
	.remove = echo_remove,
	.config_changed = echo_config_changed,
	.freeze = pm_sleep_ptr(echo_freeze),
	.restore = pm_sleep_ptr(echo_restore),
};

static int __init echo_init(void)
{
	int err = echo_files_init();

	if (err)
		return err;
	err = register_virtio_driver(&echo_driver);
	if (err)
		echo_files_exit();
	return err;
}

static void __exit echo_exit(void)
{
	unregister_virtio_driver(&echo_driver);
	echo_files_exit();
}

module_init(echo_init);
module_exit(echo_exit);

MODULE_DEVICE_TABLE(virtio, echo_id_table);
MODULE_DESCRIPTION("Virtio echo device driver");
MODULE_LICENSE("GPL");
