// SPDX-License-Identifier: GPL-2.0-only
/*
 * The request queue of the virtio-echo driver, all of it under echo->lock.
 *
 * A message waits for room in the ring (pending) or is in the device's hands
 * (in_flight). What the device says of it is judged in one place,
 * echo_verdict(); from there on only the driver's own numbers are used.
 */
#include <linux/rcupdate.h>
#include <linux/scatterlist.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "driver.h"

static int echo_verdict(struct echo *echo, const struct echo_message *msg,
			unsigned int used)
{
	const struct virtio_echo_resp *resp = sg_virt(msg->in);
	u32 status = le32_to_cpu(READ_ONCE(resp->status));
	u32 len = le32_to_cpu(READ_ONCE(resp->payload_len));
	u64 cookie = le64_to_cpu(READ_ONCE(resp->cookie));
	size_t expected = status == VIRTIO_ECHO_S_OK ? msg->len : 0;

	if (used != sizeof(*resp) + expected ||
	    len != expected || cookie != msg->cookie ||
	    status > VIRTIO_ECHO_S_NO_ROOM) {
		dev_err_ratelimited(&echo->vdev->dev,
				    "bad response: status %u, used length %u, payload %u for %zu, cookie %llu for %llu; request failed\n",
				    status, used, len, msg->len, cookie, msg->cookie);
		return -EIO;
	}
	switch (status) {
	case VIRTIO_ECHO_S_OK:
		return 0;
	case VIRTIO_ECHO_S_BAD_OP:
		return -EINVAL;
	case VIRTIO_ECHO_S_BAD_LEN:
		return -EMSGSIZE;
	default:
		return -EIO;
	}
}

/* Without a file, everybody: the mailbox or the whole device changed. */
void echo_wake(struct echo *echo, struct echo_file *file)
{
	if (file) {
		wake_up(&file->wait);
		return;
	}
	list_for_each_entry(file, &echo->files, node)
		wake_up(&file->wait);
	wake_up(&echo->event_wait);
}

/* Its pages are many: they are not freed under the lock, nor in an interrupt. */
static void echo_discard(struct echo *echo, struct echo_message *msg)
{
	list_add(&msg->queue_node, &echo->unwanted);
	schedule_work(&echo->free_work);
}

void echo_free_unwanted(struct work_struct *work)
{
	struct echo *echo = container_of(work, struct echo, free_work);
	LIST_HEAD(unwanted);

	spin_lock_irq(&echo->lock);
	list_splice_init(&echo->unwanted, &unwanted);
	spin_unlock_irq(&echo->lock);
	echo_free_list(&unwanted);
}

void echo_complete(struct echo *echo, struct echo_message *msg, int error)
{
	list_del(&msg->ring_node);
	msg->done = true;
	msg->error = error;
	echo->stats[ECHO_RESPONSES]++;
	if (error)
		echo->stats[ECHO_ERRORS]++;
	else
		echo->stats[ECHO_BYTES] += msg->len;

	if (!msg->queue)
		echo_discard(echo, msg);
	else if (echo_first(msg->queue) == msg)
		echo_wake(echo, msg->file);	/* any other is read later */
}

static int echo_add(struct echo *echo, struct echo_message *msg)
{
	struct virtqueue *vq = echo->vqs[VIRTIO_ECHO_VQ_REQUEST];
	bool indirect = virtio_has_feature(echo->vdev, VIRTIO_RING_F_INDIRECT_DESC);
	struct scatterlist *sgs[] = { msg->out, msg->in };

	/* Asked here because the core notifies the device when it runs out. */
	if (vq->num_free < (indirect ? 1 : msg->descriptors))
		return -ENOSPC;
	return virtqueue_add_sgs(vq, sgs, 1, 1, msg, GFP_ATOMIC);
}

/* Puts into the ring what fits; true if the device wants to be notified. */
static bool echo_pump(struct echo *echo)
{
	struct virtqueue *vq = echo->vqs[VIRTIO_ECHO_VQ_REQUEST];
	struct echo_message *msg, *next;
	bool added = false;

	if (!echo->ready)
		return false;
	list_for_each_entry_safe(msg, next, &echo->pending, ring_node) {
		int err = echo_add(echo, msg);

		if (!err) {
			list_move_tail(&msg->ring_node, &echo->in_flight);
			added = true;
		} else if (list_empty(&echo->in_flight)) {
			echo_complete(echo, msg, -EIO);
		} else {
			break;	/* whatever comes back next leads here again */
		}
	}
	if (virtqueue_is_broken(vq))
		schedule_work(&echo->work);
	return added && virtqueue_kick_prepare(vq);
}

/*
 * Notifies the device, if @notify says of which queue. That may leave the guest
 * and take long: not under the lock. echo_stop() waits for a grace period
 * before the queues go away.
 */
void echo_unlock_and_notify(struct echo *echo, unsigned long flags, struct virtqueue *notify)
	__releases(&echo->lock)
{
	rcu_read_lock();
	spin_unlock_irqrestore(&echo->lock, flags);
	if (notify && !virtqueue_notify(notify))
		schedule_work(&echo->work);
	rcu_read_unlock();
}

void echo_pump_and_unlock(struct echo *echo, unsigned long flags)
	__releases(&echo->lock)
{
	bool notify = echo_pump(echo);

	echo_unlock_and_notify(echo, flags,
			       notify ? echo->vqs[VIRTIO_ECHO_VQ_REQUEST] : NULL);
}

void echo_take_responses(struct echo *echo)
{
	struct virtqueue *vq = echo->vqs[VIRTIO_ECHO_VQ_REQUEST];
	struct echo_message *msg;
	unsigned int used;

	while ((msg = virtqueue_get_buf(vq, &used)))
		echo_complete(echo, msg, echo_verdict(echo, msg, used));
}

void echo_request_done(struct virtqueue *vq)
{
	struct echo *echo = vq->vdev->priv;
	unsigned long flags;

	spin_lock_irqsave(&echo->lock, flags);
	if (echo->ready) {
		do {
			virtqueue_disable_cb(vq);
			echo_take_responses(echo);
		} while (!virtqueue_enable_cb(vq));
	}
	echo_pump_and_unlock(echo, flags);
}
