// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages from the host: out of the event queue into a log of the last ones,
 * and from there to everyone who has /dev/helloN-events open.
 */
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/virtio_config.h>

#include "driver.h"

#define HELLO_EVENT_HEADER	offsetof(struct virtio_hello_event, text)

struct hello_event_file {
	struct hello *hello;
	u64 next;
	unsigned int pos;
};

/* The queue: all of it under hello->lock */

static void hello_post_event(struct virtqueue *vq, struct virtio_hello_event *buf)
{
	struct scatterlist sg;

	/* Zeroed: a device may claim to have written what it has not. */
	memset(buf, 0, sizeof(*buf));
	sg_init_one(&sg, buf, sizeof(*buf));
	virtqueue_add_inbuf(vq, &sg, 1, buf, GFP_ATOMIC);
}

static void hello_log_event(struct hello *hello,
			    const struct virtio_hello_event *buf, unsigned int used)
{
	struct hello_event *event;
	u32 seq = le32_to_cpu(READ_ONCE(buf->seq));
	u32 len = le32_to_cpu(READ_ONCE(buf->len));

	if (len > VIRTIO_HELLO_EVENT_MAX || used != HELLO_EVENT_HEADER + len) {
		dev_err_ratelimited(&hello->vdev->dev,
				    "bad event: used length %u, text of %u bytes; dropped\n",
				    used, len);
		hello->stats[HELLO_ERRORS]++;
		return;
	}
	if (hello->event_seen)
		hello->stats[HELLO_EVENTS_LOST] += (u32)(seq - hello->next_seq);
	hello->event_seen = true;
	hello->next_seq = seq + 1;
	hello->stats[HELLO_EVENTS]++;

	event = &hello->log[hello->event_count++ % HELLO_EVENT_LOG];
	memcpy(event->text, buf->text, len);
	event->text[len] = '\n';
	event->len = len + 1;
}

/* Posted again only after the loop, which a busy device could else keep up. */
bool hello_take_events(struct hello *hello, struct virtqueue *vq)
{
	struct virtio_hello_event *bufs[HELLO_EVENT_BUFFERS];
	unsigned int used, n, i;

	for (n = 0; n < ARRAY_SIZE(bufs); n++) {
		bufs[n] = virtqueue_get_buf(vq, &used);
		if (!bufs[n])
			break;
		hello_log_event(hello, bufs[n], used);
	}
	for (i = 0; i < n; i++)
		hello_post_event(vq, bufs[i]);
	if (n)
		wake_up(&hello->event_wait);
	return n;
}

void hello_event_done(struct virtqueue *vq)
{
	struct hello *hello = vq->vdev->priv;
	unsigned long flags;

	spin_lock_irqsave(&hello->lock, flags);
	if (hello->ready && hello_take_events(hello, vq))
		virtqueue_kick(vq);
	if (hello->ready && virtqueue_is_broken(vq))
		schedule_work(&hello->work);
	spin_unlock_irqrestore(&hello->lock, flags);
}

void hello_post_events(struct hello *hello)
{
	struct virtqueue *vq = hello->vqs[VIRTIO_HELLO_VQ_EVENT];
	unsigned int i;

	if (!hello->event_buffers)
		return;
	for (i = 0; i < HELLO_EVENT_BUFFERS && vq->num_free; i++)
		hello_post_event(vq, &hello->event_buffers[i]);
	virtqueue_kick(vq);
}

/* /dev/helloN-events */

static int hello_events_open(struct inode *inode, struct file *filep)
{
	struct hello_node *node = container_of(inode->i_cdev, struct hello_node, cdev);
	struct hello_event_file *file = kzalloc(sizeof(*file), GFP_KERNEL_ACCOUNT);

	if (!file)
		return -ENOMEM;
	file->hello = node->hello;
	spin_lock_irq(&node->hello->lock);
	file->next = node->hello->event_count;
	spin_unlock_irq(&node->hello->lock);
	filep->private_data = file;
	return stream_open(inode, filep);
}

static int hello_events_release(struct inode *inode, struct file *filep)
{
	kfree(filep->private_data);
	return 0;
}

/* Under the lock: moves up to size bytes of the next event to text. */
static int hello_take_text(struct hello_event_file *file, u8 *text, size_t size)
{
	struct hello *hello = file->hello;
	const struct hello_event *event;

	if (hello->error)
		return hello->error;
	if (file->next == hello->event_count)
		return -EAGAIN;
	if (hello->event_count - file->next > HELLO_EVENT_LOG) {
		file->next = hello->event_count - HELLO_EVENT_LOG;
		file->pos = 0;
		return -EPIPE;
	}
	event = &hello->log[file->next % HELLO_EVENT_LOG];
	size = min_t(size_t, size, event->len - file->pos);
	memcpy(text, event->text + file->pos, size);
	file->pos += size;
	if (file->pos == event->len) {
		file->pos = 0;
		file->next++;
	}
	return size;
}

static ssize_t hello_events_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct hello_event_file *file = iocb->ki_filp->private_data;
	struct hello *hello = file->hello;
	u8 text[sizeof(hello->log[0].text)];
	int ret = 0;

	if (!iov_iter_count(to))
		return 0;
	spin_lock_irq(&hello->lock);
	if (!(iocb->ki_filp->f_flags & O_NONBLOCK))
		ret = wait_event_interruptible_lock_irq(hello->event_wait,
							hello->error ||
							file->next != hello->event_count,
							hello->lock);
	if (!ret)
		ret = hello_take_text(file, text, iov_iter_count(to));
	spin_unlock_irq(&hello->lock);
	if (ret > 0 && copy_to_iter(text, ret, to) != ret)
		return -EFAULT;
	return ret;
}

static __poll_t hello_events_poll(struct file *filep, poll_table *wait)
{
	struct hello_event_file *file = filep->private_data;
	struct hello *hello = file->hello;
	__poll_t mask = 0;

	poll_wait(filep, &hello->event_wait, wait);
	spin_lock_irq(&hello->lock);
	if (hello->error)
		mask |= EPOLLERR | EPOLLHUP;
	if (file->next != hello->event_count)
		mask |= EPOLLIN | EPOLLRDNORM;
	spin_unlock_irq(&hello->lock);
	return mask;
}

const struct file_operations hello_events_fops = {
	.owner = THIS_MODULE,
	.open = hello_events_open,
	.release = hello_events_release,
	.read_iter = hello_events_read_iter,
	.poll = hello_events_poll,
};
