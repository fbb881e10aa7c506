// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages from the host: out of the event queue into a log of the last ones,
 * and from there to everyone who has /dev/echoN-events open.
 */
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/virtio_config.h>

#include "driver.h"

#define ECHO_EVENT_HEADER	offsetof(struct virtio_echo_event, text)

struct echo_event_file {
	struct echo *echo;
	u64 next;
	unsigned int pos;
};

/* The queue: all of it under echo->lock */

static void echo_post_event(struct virtqueue *vq, struct virtio_echo_event *buf)
{
	struct scatterlist sg;

	/* Zeroed: a device may claim to have written what it has not. */
	memset(buf, 0, sizeof(*buf));
	sg_init_one(&sg, buf, sizeof(*buf));
	virtqueue_add_inbuf(vq, &sg, 1, buf, GFP_ATOMIC);
}

static void echo_log_event(struct echo *echo,
			   const struct virtio_echo_event *buf, unsigned int used)
{
	struct echo_event *event;
	u32 seq = le32_to_cpu(READ_ONCE(buf->seq));
	u32 len = le32_to_cpu(READ_ONCE(buf->len));

	if (len > VIRTIO_ECHO_EVENT_MAX || used != ECHO_EVENT_HEADER + len) {
		dev_err_ratelimited(&echo->vdev->dev,
				    "bad event: used length %u, text of %u bytes; dropped\n",
				    used, len);
		echo->stats[ECHO_ERRORS]++;
		return;
	}
	if (echo->event_seen)
		echo->stats[ECHO_EVENTS_LOST] += (u32)(seq - echo->next_seq);
	echo->event_seen = true;
	echo->next_seq = seq + 1;
	echo->stats[ECHO_EVENTS]++;

	event = &echo->log[echo->event_count++ % ECHO_EVENT_LOG];
	memcpy(event->text, buf->text, len);
	event->text[len] = '\n';
	event->len = len + 1;
}

/* Posted again only after the loop, which a busy device could else keep up. */
bool echo_take_events(struct echo *echo, struct virtqueue *vq)
{
	struct virtio_echo_event *bufs[ECHO_EVENT_BUFFERS];
	unsigned int used, n, i;

	for (n = 0; n < ARRAY_SIZE(bufs); n++) {
		bufs[n] = virtqueue_get_buf(vq, &used);
		if (!bufs[n])
			break;
		echo_log_event(echo, bufs[n], used);
	}
	for (i = 0; i < n; i++)
		echo_post_event(vq, bufs[i]);
	if (n)
		wake_up(&echo->event_wait);
	return n;
}

void echo_event_done(struct virtqueue *vq)
{
	struct echo *echo = vq->vdev->priv;
	bool notify = false;
	unsigned long flags;

	spin_lock_irqsave(&echo->lock, flags);
	if (echo->ready) {
		notify = echo_take_events(echo, vq) && virtqueue_kick_prepare(vq);
		if (virtqueue_is_broken(vq))
			schedule_work(&echo->work);
	}
	echo_unlock_and_notify(echo, flags, notify ? vq : NULL);
}

/* Returns the queue if the device is to be notified of it. */
struct virtqueue *echo_post_events(struct echo *echo)
{
	struct virtqueue *vq = echo->vqs[VIRTIO_ECHO_VQ_EVENT];
	unsigned int i;

	if (!echo->event_buffers)
		return NULL;
	for (i = 0; i < ECHO_EVENT_BUFFERS && vq->num_free; i++)
		echo_post_event(vq, &echo->event_buffers[i]);
	return virtqueue_kick_prepare(vq) ? vq : NULL;
}

/* /dev/echoN-events */

static int echo_events_open(struct inode *inode, struct file *filep)
{
	struct echo_node *node = container_of(inode->i_cdev, struct echo_node, cdev);
	struct echo_event_file *file = kzalloc(sizeof(*file), GFP_KERNEL_ACCOUNT);

	if (!file)
		return -ENOMEM;
	file->echo = node->echo;
	spin_lock_irq(&node->echo->lock);
	file->next = node->echo->event_count;
	spin_unlock_irq(&node->echo->lock);
	filep->private_data = file;
	return stream_open(inode, filep);
}

static int echo_events_release(struct inode *inode, struct file *filep)
{
	kfree(filep->private_data);
	return 0;
}

/* Under the lock: moves up to size bytes of the next event to text. */
static int echo_take_text(struct echo_event_file *file, u8 *text, size_t size)
{
	struct echo *echo = file->echo;
	const struct echo_event *event;

	if (echo->error)
		return echo->error;
	if (file->next == echo->event_count)
		return -EAGAIN;
	if (echo->event_count - file->next > ECHO_EVENT_LOG) {
		file->next = echo->event_count - ECHO_EVENT_LOG;
		file->pos = 0;
		return -EPIPE;
	}
	event = &echo->log[file->next % ECHO_EVENT_LOG];
	size = min_t(size_t, size, event->len - file->pos);
	memcpy(text, event->text + file->pos, size);
	file->pos += size;
	if (file->pos == event->len) {
		file->pos = 0;
		file->next++;
	}
	return size;
}

static ssize_t echo_events_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct echo_event_file *file = iocb->ki_filp->private_data;
	struct echo *echo = file->echo;
	u8 text[sizeof(echo->log[0].text)];
	int ret = 0;

	if (!iov_iter_count(to))
		return 0;
	spin_lock_irq(&echo->lock);
	if (!(iocb->ki_filp->f_flags & O_NONBLOCK))
		ret = wait_event_interruptible_lock_irq(echo->event_wait,
							echo->error ||
							file->next != echo->event_count,
							echo->lock);
	if (!ret)
		ret = echo_take_text(file, text, iov_iter_count(to));
	spin_unlock_irq(&echo->lock);
	if (ret > 0 && copy_to_iter(text, ret, to) != ret)
		return -EFAULT;
	return ret;
}

static __poll_t echo_events_poll(struct file *filep, poll_table *wait)
{
	struct echo_event_file *file = filep->private_data;
	struct echo *echo = file->echo;
	__poll_t mask = 0;

	poll_wait(filep, &echo->event_wait, wait);
	spin_lock_irq(&echo->lock);
	if (echo->error)
		mask |= EPOLLERR | EPOLLHUP;
	if (file->next != echo->event_count)
		mask |= EPOLLIN | EPOLLRDNORM;
	spin_unlock_irq(&echo->lock);
	return mask;
}

const struct file_operations echo_events_fops = {
	.owner = THIS_MODULE,
	.open = echo_events_open,
	.release = echo_events_release,
	.read_iter = echo_events_read_iter,
	.poll = echo_events_poll,
};
