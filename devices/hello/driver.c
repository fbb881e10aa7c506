// SPDX-License-Identifier: GPL-2.0-only
/*
 * Driver of the virtio-hello device: its queues, its configuration, its life.
 * abi.h beside this file says what goes over the queues.
 *
 * A message is in the queue of the open file that wrote it, in the order of
 * writing. It also waits for room in the ring (pending) or is in the device's
 * hands (in_flight). What the device says of it is judged in one place,
 * hello_verdict(); from there on only the driver's own numbers are used.
 */
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "driver.h"

#define HELLO_PAYLOAD_LIMIT	(16U << 20)	/* whatever the device offers */

/* The request queue */

static int hello_verdict(struct hello *hello, const struct hello_message *msg,
			 unsigned int used)
{
	const struct virtio_hello_resp *resp = sg_virt(msg->in);
	u32 status = le32_to_cpu(READ_ONCE(resp->status));
	u32 len = le32_to_cpu(READ_ONCE(resp->payload_len));
	u64 cookie = le64_to_cpu(READ_ONCE(resp->cookie));
	size_t expected = status == VIRTIO_HELLO_S_OK ? msg->len : 0;

	if (used != sizeof(*resp) + expected ||
	    len != expected || cookie != msg->cookie ||
	    status > VIRTIO_HELLO_S_NO_ROOM) {
		dev_err_ratelimited(&hello->vdev->dev,
				    "bad response: status %u, used length %u, payload %u for %zu, cookie %llu for %llu; request failed\n",
				    status, used, len, msg->len, cookie, msg->cookie);
		return -EIO;
	}
	switch (status) {
	case VIRTIO_HELLO_S_OK:
		return 0;
	case VIRTIO_HELLO_S_BAD_OP:
		return -EINVAL;
	case VIRTIO_HELLO_S_BAD_LEN:
		return -EMSGSIZE;
	default:
		return -EIO;
	}
}

static void hello_complete(struct hello *hello, struct hello_message *msg,
			   int error)
{
	list_del(&msg->ring_node);
	msg->done = true;
	msg->error = error;
	hello->stats[HELLO_RESPONSES]++;
	if (error)
		hello->stats[HELLO_ERRORS]++;
	else
		hello->stats[HELLO_BYTES] += msg->len;

	if (!msg->queue)
		hello_message_free(msg);
	else if (hello_first(msg->queue) == msg)
		hello_wake(hello, msg->file);	/* any other is read later */
}

static int hello_add(struct hello *hello, struct hello_message *msg)
{
	struct virtqueue *vq = hello->vqs[VIRTIO_HELLO_VQ_REQUEST];
	bool indirect = virtio_has_feature(hello->vdev, VIRTIO_RING_F_INDIRECT_DESC);
	struct scatterlist *sgs[] = { msg->out, msg->in };

	/* Asked here because the core notifies the device when it runs out. */
	if (vq->num_free < (indirect ? 1 : msg->descriptors))
		return -ENOSPC;
	return virtqueue_add_sgs(vq, sgs, 1, 1, msg, GFP_ATOMIC);
}

/* Puts into the ring what fits; true if the device wants to be notified. */
static bool hello_pump(struct hello *hello)
{
	struct virtqueue *vq = hello->vqs[VIRTIO_HELLO_VQ_REQUEST];
	struct hello_message *msg, *next;
	bool added = false;

	if (!hello->ready)
		return false;
	list_for_each_entry_safe(msg, next, &hello->pending, ring_node) {
		int err = hello_add(hello, msg);

		if (!err) {
			list_move_tail(&msg->ring_node, &hello->in_flight);
			added = true;
		} else if (list_empty(&hello->in_flight)) {
			hello_complete(hello, msg, -EIO);
		} else {
			break;	/* whatever comes back next leads here again */
		}
	}
	if (virtqueue_is_broken(vq))
		schedule_work(&hello->work);
	return added && virtqueue_kick_prepare(vq);
}

/*
 * The notification may leave the guest and take long: not under the lock.
 * hello_stop() waits for a grace period before the queues go away.
 */
void hello_pump_and_unlock(struct hello *hello, unsigned long flags)
	__releases(&hello->lock)
{
	struct virtqueue *vq = hello->vqs[VIRTIO_HELLO_VQ_REQUEST];
	bool notify = hello_pump(hello);

	rcu_read_lock();
	spin_unlock_irqrestore(&hello->lock, flags);
	if (notify && !virtqueue_notify(vq))
		schedule_work(&hello->work);
	rcu_read_unlock();
}

static void hello_take_responses(struct hello *hello)
{
	struct virtqueue *vq = hello->vqs[VIRTIO_HELLO_VQ_REQUEST];
	struct hello_message *msg;
	unsigned int used;

	while ((msg = virtqueue_get_buf(vq, &used)))
		hello_complete(hello, msg, hello_verdict(hello, msg, used));
}

static void hello_request_done(struct virtqueue *vq)
{
	struct hello *hello = vq->vdev->priv;
	unsigned long flags;

	spin_lock_irqsave(&hello->lock, flags);
	if (hello->ready) {
		do {
			virtqueue_disable_cb(vq);
			hello_take_responses(hello);
		} while (!virtqueue_enable_cb(vq));
	}
	hello_pump_and_unlock(hello, flags);
}

/* Starting and stopping the device */

static u32 hello_generation(struct virtio_device *vdev)
{
	return vdev->config->generation ? vdev->config->generation(vdev) : 0;
}

static void hello_copy_config(struct virtio_device *vdev,
			      struct virtio_hello_config *cfg)
{
	unsigned int i, at = offsetof(struct virtio_hello_config, greeting);

	/* Each field by its own width, as the specification asks. */
	vdev->config->get(vdev, offsetof(struct virtio_hello_config, version),
			  &cfg->version, sizeof(cfg->version));
	vdev->config->get(vdev, offsetof(struct virtio_hello_config, greeting_len),
			  &cfg->greeting_len, sizeof(cfg->greeting_len));
	vdev->config->get(vdev, offsetof(struct virtio_hello_config, max_payload),
			  &cfg->max_payload, sizeof(cfg->max_payload));
	for (i = 0; i < sizeof(cfg->greeting); i++)
		vdev->config->get(vdev, at + i, &cfg->greeting[i], 1);
}

/* virtio_cread_bytes() would wait for ever for a device that never settles. */
int hello_read_config(struct virtio_device *vdev, struct virtio_hello_config *cfg)
{
	int tries = 16;
	u32 generation;

	do {
		if (!tries--) {
			dev_err_ratelimited(&vdev->dev, "configuration never settles\n");
			return -EIO;
		}
		generation = hello_generation(vdev);
		hello_copy_config(vdev, cfg);
	} while (generation != hello_generation(vdev));

	if (le16_to_cpu(cfg->version) != VIRTIO_HELLO_VERSION) {
		dev_err_ratelimited(&vdev->dev,
				    "device speaks version %u, this driver only %u\n",
				    le16_to_cpu(cfg->version), VIRTIO_HELLO_VERSION);
		return -ENODEV;
	}
	if (le16_to_cpu(cfg->greeting_len) > VIRTIO_HELLO_GREETING_MAX ||
	    !cfg->max_payload) {
		dev_err_ratelimited(&vdev->dev,
				    "bad configuration: greeting of %u bytes, max payload %u\n",
				    le16_to_cpu(cfg->greeting_len),
				    le32_to_cpu(cfg->max_payload));
		return -EINVAL;
	}
	return 0;
}

static int hello_find_vqs(struct hello *hello)
{
	struct virtqueue_info info[] = {
		[VIRTIO_HELLO_VQ_REQUEST] = { "requests", hello_request_done },
		[VIRTIO_HELLO_VQ_EVENT] = { "events", hello_event_done },
	};
	unsigned int nvqs = hello->event_buffers ? 2 : 1;
	int err = virtio_find_vqs(hello->vdev, nvqs, hello->vqs, info, NULL);

	if (!err)
		hello->nvqs = nvqs;
	return err;
}

static void hello_del_vqs(struct hello *hello)
{
	if (hello->nvqs)
		hello->vdev->config->del_vqs(hello->vdev);
	hello->nvqs = 0;
}

/* A request and its answer share the ring, a chunk is one descriptor. */
static int hello_set_limits(struct hello *hello, u32 max_payload)
{
	size_t chunk = min_t(size_t, PAGE_SIZE << MAX_PAGE_ORDER,
			     virtio_max_dma_size(hello->vdev));
	u32 ring = virtqueue_get_vring_size(hello->vqs[VIRTIO_HELLO_VQ_REQUEST]);
	u64 room;

	if (ring < 2 || chunk < PAGE_SIZE) {
		dev_err(&hello->vdev->dev, "a ring of %u with segments of %zu bytes holds no request\n",
			ring, chunk);
		return -EINVAL;
	}
	hello->max_slots = ring / 2;
	room = (u64)hello->max_slots * rounddown_pow_of_two(chunk) -
		sizeof(struct virtio_hello_req);
	hello->max_payload = min3((u64)max_payload, room, (u64)HELLO_PAYLOAD_LIMIT);
	return 0;
}

static int hello_start(struct hello *hello)
{
	struct virtio_hello_config cfg;
	unsigned long flags;
	int err;

	err = hello_read_config(hello->vdev, &cfg) ?: hello_find_vqs(hello);
	if (err)
		return err;
	err = hello_set_limits(hello, le32_to_cpu(cfg.max_payload));
	if (err) {
		hello_del_vqs(hello);
		return err;
	}
	virtio_device_ready(hello->vdev);
	dev_info(&hello->vdev->dev, "Virtio hello device: version %u, greeting \"%*pE\", max payload %u, features %#llx\n",
		 VIRTIO_HELLO_VERSION, le16_to_cpu(cfg.greeting_len), cfg.greeting,
		 hello->max_payload, hello->vdev->features);

	spin_lock_irqsave(&hello->lock, flags);
	hello->ready = true;
	hello_post_events(hello);
	hello_pump_and_unlock(hello, flags);
	return 0;
}

/* From here on nobody touches the queues nor schedules the work. */
static void hello_stop(struct hello *hello)
{
	spin_lock_irq(&hello->lock);
	hello->ready = false;
	spin_unlock_irq(&hello->lock);
	synchronize_rcu();
}

/* Takes every buffer back; what was under way waits in its old order. */
static void hello_reset(struct hello *hello)
{
	unsigned int i;

	virtio_reset_device(hello->vdev);
	spin_lock_irq(&hello->lock);
	if (hello->nvqs > VIRTIO_HELLO_VQ_REQUEST)
		hello_take_responses(hello);
	if (hello->nvqs > VIRTIO_HELLO_VQ_EVENT)
		hello_take_events(hello, hello->vqs[VIRTIO_HELLO_VQ_EVENT]);
	for (i = 0; i < hello->nvqs; i++)
		while (virtqueue_detach_unused_buf(hello->vqs[i]))
			;
	list_splice_init(&hello->in_flight, &hello->pending);
	spin_unlock_irq(&hello->lock);
}

static void hello_fail(struct hello *hello, int error)
{
	struct hello_message *msg, *next;

	spin_lock_irq(&hello->lock);
	hello->error = error;
	list_for_each_entry_safe(msg, next, &hello->pending, ring_node)
		hello_complete(hello, msg, error);
	hello_wake(hello, NULL);
	spin_unlock_irq(&hello->lock);
}

static bool hello_is_broken(struct hello *hello)
{
	struct virtio_device *vdev = hello->vdev;
	unsigned int i;

	for (i = 0; i < hello->nvqs; i++)
		if (virtqueue_is_broken(hello->vqs[i]))
			return true;
	return vdev->config->get_status(vdev) & VIRTIO_CONFIG_S_NEEDS_RESET;
}

static void hello_work(struct work_struct *work)
{
	struct hello *hello = container_of(work, struct hello, work);
	struct device *dev = &hello->vdev->dev;
	struct virtio_hello_config cfg;

	if (hello->error)
		return;
	if (hello_is_broken(hello)) {
		dev_err(dev, "device is broken; unbind and bind it to start anew\n");
		hello_stop(hello);
		hello_reset(hello);
		hello_fail(hello, -EIO);
	} else if (!hello_read_config(hello->vdev, &cfg)) {
		dev_info_ratelimited(dev, "greeting is now \"%*pE\"\n",
				     le16_to_cpu(cfg.greeting_len), cfg.greeting);
		sysfs_notify(&hello->main.dev.kobj, NULL, "greeting");
	}
}

/* The device sets DEVICE_NEEDS_RESET and says so by the same interrupt. */
static void hello_config_changed(struct virtio_device *vdev)
{
	struct hello *hello = vdev->priv;

	schedule_work(&hello->work);
}

/* The driver */

static void hello_halt(struct hello *hello, int error)
{
	hello_stop(hello);
	cancel_work_sync(&hello->work);
	hello_reset(hello);
	if (error)
		hello_fail(hello, error);
}

static struct hello *hello_alloc(struct virtio_device *vdev)
{
	struct hello *hello = kzalloc(sizeof(*hello), GFP_KERNEL);

	if (!hello)
		return NULL;
	if (virtio_has_feature(vdev, VIRTIO_HELLO_F_EVENT)) {
		hello->event_buffers = kcalloc(HELLO_EVENT_BUFFERS,
					       sizeof(*hello->event_buffers),
					       GFP_KERNEL);
		if (!hello->event_buffers) {
			kfree(hello);
			return NULL;
		}
	}
	hello->vdev = vdev;
	spin_lock_init(&hello->lock);
	INIT_WORK(&hello->work, hello_work);
	INIT_LIST_HEAD(&hello->files);
	INIT_LIST_HEAD(&hello->pending);
	INIT_LIST_HEAD(&hello->in_flight);
	INIT_LIST_HEAD(&hello->mailbox.messages);
	init_waitqueue_head(&hello->event_wait);
	hello_nodes_init(hello);
	return hello;
}

static int hello_probe(struct virtio_device *vdev)
{
	struct hello *hello = hello_alloc(vdev);
	int err;

	if (!hello)
		return -ENOMEM;
	vdev->priv = hello;
	err = hello_start(hello);
	if (err)
		goto err_put;
	err = hello_nodes_add(hello);
	if (err)
		goto err_halt;
	return 0;

err_halt:
	hello_halt(hello, -ENODEV);
	hello_del_vqs(hello);
err_put:
	hello_nodes_put(hello);
	return err;
}

static void hello_remove(struct virtio_device *vdev)
{
	struct hello *hello = vdev->priv;

	hello_halt(hello, -ENODEV);
	hello_nodes_del(hello);
	hello_del_vqs(hello);
	hello_nodes_put(hello);
}

static int hello_freeze(struct virtio_device *vdev)
{
	hello_halt(vdev->priv, 0);
	hello_del_vqs(vdev->priv);
	return 0;
}

static int hello_restore(struct virtio_device *vdev)
{
	struct hello *hello = vdev->priv;
	int err = hello_start(hello);

	if (err)
		hello_fail(hello, -EIO);
	else
		schedule_work(&hello->work);
	return err;
}

static int hello_validate(struct virtio_device *vdev)
{
	if (!vdev->config->get || !virtio_has_feature(vdev, VIRTIO_F_VERSION_1)) {
		dev_err(&vdev->dev, "device has no configuration space or is no virtio 1 device\n");
		return -EINVAL;
	}
	return 0;
}

static const unsigned int hello_features[] = {
	VIRTIO_HELLO_F_EVENT,
	VIRTIO_HELLO_F_TRANSFORM,
};

static const struct virtio_device_id hello_id_table[] = {
	{ VIRTIO_ID_HELLO, VIRTIO_DEV_ANY_ID },
	{ 0 },
};

static struct virtio_driver hello_driver = {
	.driver.name = KBUILD_MODNAME,
	.feature_table = hello_features,
	.feature_table_size = ARRAY_SIZE(hello_features),
	.id_table = hello_id_table,
	.validate = hello_validate,
	.probe = hello_probe,
	.remove = hello_remove,
	.config_changed = hello_config_changed,
	.freeze = pm_sleep_ptr(hello_freeze),
	.restore = pm_sleep_ptr(hello_restore),
};

static int __init hello_init(void)
{
	int err = hello_files_init();

	if (err)
		return err;
	err = register_virtio_driver(&hello_driver);
	if (err)
		hello_files_exit();
	return err;
}

static void __exit hello_exit(void)
{
	unregister_virtio_driver(&hello_driver);
	hello_files_exit();
}

module_init(hello_init);
module_exit(hello_exit);

MODULE_DEVICE_TABLE(virtio, hello_id_table);
MODULE_DESCRIPTION("Virtio hello device driver");
MODULE_LICENSE("GPL");
