// SPDX-License-Identifier: GPL-2.0-only
/*
 * What programs see of a virtio-echo device: /dev/echoN and /sys/class/echo.
 * README.md beside this file says what they promise.
 */
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/virtio_config.h>

#include "driver.h"

#define ECHO_MAX_DEVICES	64
#define ECHO_MINORS		(2 * ECHO_MAX_DEVICES)

/* What one open file may have written and not read, and the mailbox keep */
#define ECHO_FILE_MESSAGES	256
#define ECHO_FILE_BYTES		(32U << 20)
#define ECHO_MAILBOX_MESSAGES	64
#define ECHO_MAILBOX_BYTES	(4U << 20)

static dev_t echo_devt;
static DEFINE_IDA(echo_ida);
static const struct class echo_class = { .name = "echo" };
static const char * const echo_ops[] = {
	[VIRTIO_ECHO_OP_ECHO] = "echo",
	[VIRTIO_ECHO_OP_UPPER] = "upper",
	[VIRTIO_ECHO_OP_REVERSE] = "reverse",
};

/* /dev/echoN */

static struct echo_message *echo_readable(struct echo_file *file)
{
	struct echo_message *msg = echo_first(&file->queue);

	if (!msg)
		msg = echo_first(&file->echo->mailbox);
	return msg && msg->done ? msg : NULL;
}

static bool echo_writable(struct echo_file *file)
{
	return file->queue.count < ECHO_FILE_MESSAGES &&
	       file->queue.bytes < ECHO_FILE_BYTES;
}

static int echo_open(struct inode *inode, struct file *filep)
{
	struct echo_node *node = container_of(inode->i_cdev, struct echo_node, cdev);
	struct echo *echo = node->echo;
	struct echo_file *file = kzalloc(sizeof(*file), GFP_KERNEL_ACCOUNT);
	int error;

	if (!file)
		return -ENOMEM;
	file->echo = echo;
	INIT_LIST_HEAD(&file->queue.messages);
	init_waitqueue_head(&file->wait);

	spin_lock_irq(&echo->lock);
	error = echo->error;
	if (!error)
		list_add(&file->node, &echo->files);
	spin_unlock_irq(&echo->lock);
	if (error) {
		kfree(file);
		return error;
	}
	filep->private_data = file;
	return stream_open(inode, filep);
}

/* Of what is dropped the device keeps what it has in its hands, no more. */
static void echo_mailbox_trim(struct echo *echo, struct list_head *dropped)
{
	struct echo_queue *box = &echo->mailbox;
	struct echo_message *msg, *next;

	while (box->count > ECHO_MAILBOX_MESSAGES ||
	       box->bytes > ECHO_MAILBOX_BYTES) {
		msg = echo_first(box);
		echo_queue_del(msg);
		echo->stats[ECHO_DROPPED]++;
		if (msg->done)
			list_add(&msg->queue_node, dropped);
	}
	list_for_each_entry_safe(msg, next, &echo->pending, ring_node) {
		if (!msg->queue) {
			/* It never was the device's. */
			echo->stats[ECHO_CANCELLED]++;
			list_del(&msg->ring_node);
			list_add(&msg->queue_node, dropped);
		}
	}
}

static int echo_release(struct inode *inode, struct file *filep)
{
	struct echo_file *file = filep->private_data;
	struct echo *echo = file->echo;
	struct echo_message *msg;
	LIST_HEAD(dropped);

	spin_lock_irq(&echo->lock);
	list_del(&file->node);
	while ((msg = echo_first(&file->queue))) {
		echo_queue_del(msg);
		msg->file = NULL;
		echo_queue_add(&echo->mailbox, msg, echo->mailbox.messages.prev);
	}
	echo_mailbox_trim(echo, &dropped);
	if (echo_first(&echo->mailbox))
		echo_wake(echo, NULL);
	spin_unlock_irq(&echo->lock);

	echo_free_list(&dropped);
	kfree(file);
	return 0;
}

static void echo_enqueue(struct echo_file *file, struct echo_message *msg)
{
	struct virtio_echo_req *req = sg_virt(msg->out);
	struct echo *echo = file->echo;

	msg->cookie = echo->next_cookie++;
	req->op = cpu_to_le32(READ_ONCE(echo->op));
	req->payload_len = cpu_to_le32(msg->len);
	req->cookie = cpu_to_le64(msg->cookie);

	msg->file = file;
	echo_queue_add(&file->queue, msg, file->queue.messages.prev);
	list_add_tail(&msg->ring_node, &echo->pending);
	echo->stats[ECHO_REQUESTS]++;
}

static int echo_submit(struct echo_file *file, struct echo_message *msg,
		       bool nonblock)
{
	struct echo *echo = file->echo;
	unsigned long flags;
	int err = 0;

	spin_lock_irqsave(&echo->lock, flags);
	if (!nonblock)
		err = wait_event_interruptible_lock_irq(file->wait,
							echo->error || echo_writable(file),
							echo->lock);
	if (!err)
		err = echo->error;
	if (!err && !echo_writable(file))
		err = -EAGAIN;
	if (!err)
		echo_enqueue(file, msg);
	echo_pump_and_unlock(echo, flags);
	return err;
}

static ssize_t echo_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct echo_file *file = iocb->ki_filp->private_data;
	bool nonblock = iocb->ki_filp->f_flags & O_NONBLOCK;
	size_t len = iov_iter_count(from);
	struct echo_message *msg;
	int err;

	if (!len)
		return 0;
	if (len > file->echo->max_payload)
		return -EMSGSIZE;
	msg = echo_message_alloc(file->echo, len);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	err = echo_message_fill(msg, from) ?: echo_submit(file, msg, nonblock);
	if (err) {
		echo_message_free(msg);
		return err;
	}
	return len;
}

static int echo_take(struct echo_file *file, bool nonblock,
		     struct echo_message **taken)
{
	struct echo *echo = file->echo;
	struct echo_message *msg;
	int err = 0;

	spin_lock_irq(&echo->lock);
	if (!nonblock)
		err = wait_event_interruptible_lock_irq(file->wait,
							echo->error || echo_readable(file),
							echo->lock);
	msg = echo_readable(file);
	if (!err)
		err = echo->error;
	if (!err && !msg)
		err = -EAGAIN;
	if (!err) {
		if (!echo_writable(file))
			wake_up(&file->wait);
		echo_queue_del(msg);
		*taken = msg;
	}
	spin_unlock_irq(&echo->lock);
	return err;
}

/* The rest of a message read in part comes first, and to the same file. */
static void echo_untake(struct echo_file *file, struct echo_message *msg)
{
	spin_lock_irq(&file->echo->lock);
	msg->file = file;
	echo_queue_add(&file->queue, msg, &file->queue.messages);
	wake_up(&file->wait);
	spin_unlock_irq(&file->echo->lock);
}

static ssize_t echo_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct echo_file *file = iocb->ki_filp->private_data;
	bool nonblock = iocb->ki_filp->f_flags & O_NONBLOCK;
	struct echo_message *msg;
	ssize_t ret;

	if (!iov_iter_count(to))
		return 0;
	ret = echo_take(file, nonblock, &msg);
	if (ret)
		return ret;
	ret = msg->error;
	if (!ret)
		ret = echo_message_drain(msg, to) ?: -EFAULT;
	if (!msg->error && echo_message_unread(msg))
		echo_untake(file, msg);
	else
		echo_message_free(msg);
	return ret;
}

static __poll_t echo_poll(struct file *filep, poll_table *wait)
{
	struct echo_file *file = filep->private_data;
	struct echo *echo = file->echo;
	__poll_t mask = 0;

	poll_wait(filep, &file->wait, wait);
	spin_lock_irq(&echo->lock);
	if (echo->error)
		mask |= EPOLLERR | EPOLLHUP;
	if (echo_readable(file))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (echo_writable(file))
		mask |= EPOLLOUT | EPOLLWRNORM;
	spin_unlock_irq(&echo->lock);
	return mask;
}

static const struct file_operations echo_fops = {
	.owner = THIS_MODULE,
	.open = echo_open,
	.release = echo_release,
	.read_iter = echo_read_iter,
	.write_iter = echo_write_iter,
	.poll = echo_poll,
};

/* /sys/class/echo/echoN */

static ssize_t greeting_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	struct echo *echo = dev_get_drvdata(dev);
	struct virtio_echo_config cfg;
	int err = echo_read_config(echo->vdev, &cfg);

	if (err)
		return err;
	return sysfs_emit(buf, "%.*s\n", le16_to_cpu(cfg.greeting_len), cfg.greeting);
}
static DEVICE_ATTR_RO(greeting);

static ssize_t version_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%u\n", VIRTIO_ECHO_VERSION);
}
static DEVICE_ATTR_RO(version);

static ssize_t max_payload_show(struct device *dev, struct device_attribute *attr,
				char *buf)
{
	struct echo *echo = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%u\n", echo->max_payload);
}
static DEVICE_ATTR_RO(max_payload);

static ssize_t operation_show(struct device *dev, struct device_attribute *attr,
			      char *buf)
{
	struct echo *echo = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%s\n", echo_ops[READ_ONCE(echo->op)]);
}

static ssize_t operation_store(struct device *dev, struct device_attribute *attr,
			       const char *buf, size_t count)
{
	struct echo *echo = dev_get_drvdata(dev);
	int op = sysfs_match_string(echo_ops, buf);

	if (op < 0)
		return op;
	if (op != VIRTIO_ECHO_OP_ECHO &&
	    !virtio_has_feature(echo->vdev, VIRTIO_ECHO_F_TRANSFORM))
		return -EOPNOTSUPP;
	WRITE_ONCE(echo->op, op);
	return count;
}
static DEVICE_ATTR_RW(operation);

static ssize_t stats_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct echo *echo = dev_get_drvdata(dev);
	u64 stats[ECHO_STATS];

	spin_lock_irq(&echo->lock);
	memcpy(stats, echo->stats, sizeof(stats));
	spin_unlock_irq(&echo->lock);
	return sysfs_emit(buf, "requests %llu\nresponses %llu\ncancelled %llu\nerrors %llu\n"
			       "bytes %llu\ndropped %llu\nevents %llu\nevents_lost %llu\n",
			  stats[ECHO_REQUESTS], stats[ECHO_RESPONSES],
			  stats[ECHO_CANCELLED], stats[ECHO_ERRORS], stats[ECHO_BYTES],
			  stats[ECHO_DROPPED], stats[ECHO_EVENTS],
			  stats[ECHO_EVENTS_LOST]);
}
static DEVICE_ATTR_RO(stats);

static struct attribute *echo_attrs[] = {
	&dev_attr_greeting.attr,
	&dev_attr_version.attr,
	&dev_attr_max_payload.attr,
	&dev_attr_operation.attr,
	&dev_attr_stats.attr,
	NULL
};
ATTRIBUTE_GROUPS(echo);

/* Nodes: open files hold theirs, and with it all of struct echo. */

static void echo_free(struct kref *ref)
{
	struct echo *echo = container_of(ref, struct echo, ref);

	echo_free_list(&echo->mailbox.messages);
	echo_free_list(&echo->unwanted);
	kfree(echo->event_buffers);
	kfree(echo);
}

static void echo_node_release(struct device *dev)
{
	struct echo_node *node = container_of(dev, struct echo_node, dev);

	kref_put(&node->echo->ref, echo_free);
}

static void echo_node_init(struct echo *echo, struct echo_node *node,
			   const struct file_operations *fops)
{
	node->echo = echo;
	device_initialize(&node->dev);
	node->dev.class = &echo_class;
	node->dev.parent = &echo->vdev->dev;
	node->dev.release = echo_node_release;
	dev_set_drvdata(&node->dev, echo);
	cdev_init(&node->cdev, fops);
	node->cdev.owner = THIS_MODULE;
}

void echo_nodes_init(struct echo *echo)
{
	kref_init(&echo->ref);
	kref_get(&echo->ref);
	echo_node_init(echo, &echo->main, &echo_fops);
	echo_node_init(echo, &echo->events, &echo_events_fops);
	echo->main.dev.groups = echo_groups;
	echo->id = -1;
}

static int echo_nodes_name(struct echo *echo)
{
	int err;

	echo->id = ida_alloc_max(&echo_ida, ECHO_MAX_DEVICES - 1, GFP_KERNEL);
	if (echo->id < 0)
		return echo->id;
	echo->main.dev.devt = echo_devt + 2 * echo->id;
	echo->events.dev.devt = echo_devt + 2 * echo->id + 1;
	err = dev_set_name(&echo->main.dev, "echo%d", echo->id);
	return err ?: dev_set_name(&echo->events.dev, "echo%d-events", echo->id);
}

int echo_nodes_add(struct echo *echo)
{
	int err = echo_nodes_name(echo);

	if (err)
		return err;
	err = cdev_device_add(&echo->main.cdev, &echo->main.dev);
	if (err || !echo->event_buffers)
		return err;
	err = cdev_device_add(&echo->events.cdev, &echo->events.dev);
	if (err)
		cdev_device_del(&echo->main.cdev, &echo->main.dev);
	return err;
}

void echo_nodes_del(struct echo *echo)
{
	if (echo->event_buffers)
		cdev_device_del(&echo->events.cdev, &echo->events.dev);
	cdev_device_del(&echo->main.cdev, &echo->main.dev);
}

void echo_nodes_put(struct echo *echo)
{
	if (echo->id >= 0)
		ida_free(&echo_ida, echo->id);
	put_device(&echo->events.dev);
	put_device(&echo->main.dev);
}

int echo_files_init(void)
{
	int err = class_register(&echo_class);

	if (err)
		return err;
	err = alloc_chrdev_region(&echo_devt, 0, ECHO_MINORS, "echo");
	if (err)
		class_unregister(&echo_class);
	return err;
}

void echo_files_exit(void)
{
	unregister_chrdev_region(echo_devt, ECHO_MINORS);
	class_unregister(&echo_class);
	ida_destroy(&echo_ida);
}
