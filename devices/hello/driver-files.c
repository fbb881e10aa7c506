// SPDX-License-Identifier: GPL-2.0-only
/*
 * What programs see of a virtio-hello device: /dev/helloN and /sys/class/hello.
 * README.md beside this file says what they promise.
 */
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/virtio_config.h>

#include "driver.h"

#define HELLO_MAX_DEVICES	64
#define HELLO_MINORS		(2 * HELLO_MAX_DEVICES)

/* What one open file may have written and not read, and the mailbox keep */
#define HELLO_FILE_MESSAGES	256
#define HELLO_FILE_BYTES	(32U << 20)
#define HELLO_MAILBOX_MESSAGES	64
#define HELLO_MAILBOX_BYTES	(4U << 20)

static dev_t hello_devt;
static DEFINE_IDA(hello_ida);
static const struct class hello_class = { .name = "hello" };
static const char * const hello_ops[] = {
	[VIRTIO_HELLO_OP_ECHO] = "echo",
	[VIRTIO_HELLO_OP_UPPER] = "upper",
	[VIRTIO_HELLO_OP_REVERSE] = "reverse",
};

/* /dev/helloN */

static struct hello_message *hello_readable(struct hello_file *file)
{
	struct hello_message *msg = hello_first(&file->queue);

	if (!msg)
		msg = hello_first(&file->hello->mailbox);
	return msg && msg->done ? msg : NULL;
}

static bool hello_writable(struct hello_file *file)
{
	return file->queue.count < HELLO_FILE_MESSAGES &&
	       file->queue.bytes < HELLO_FILE_BYTES;
}

/* Without a file, everybody: the mailbox or the whole device changed. */
void hello_wake(struct hello *hello, struct hello_file *file)
{
	if (file) {
		wake_up(&file->wait);
		return;
	}
	list_for_each_entry(file, &hello->files, node)
		wake_up(&file->wait);
	wake_up(&hello->event_wait);
}

static int hello_open(struct inode *inode, struct file *filep)
{
	struct hello_node *node = container_of(inode->i_cdev, struct hello_node, cdev);
	struct hello *hello = node->hello;
	struct hello_file *file = kzalloc(sizeof(*file), GFP_KERNEL_ACCOUNT);
	int error;

	if (!file)
		return -ENOMEM;
	file->hello = hello;
	INIT_LIST_HEAD(&file->queue.messages);
	init_waitqueue_head(&file->wait);

	spin_lock_irq(&hello->lock);
	error = hello->error;
	if (!error)
		list_add(&file->node, &hello->files);
	spin_unlock_irq(&hello->lock);
	if (error) {
		kfree(file);
		return error;
	}
	filep->private_data = file;
	return stream_open(inode, filep);
}

/* Of what is dropped the device keeps what it has in its hands, no more. */
static void hello_mailbox_trim(struct hello *hello, struct list_head *dropped)
{
	struct hello_queue *box = &hello->mailbox;
	struct hello_message *msg, *next;

	while (box->count > HELLO_MAILBOX_MESSAGES ||
	       box->bytes > HELLO_MAILBOX_BYTES) {
		msg = hello_first(box);
		hello_queue_del(msg);
		hello->stats[HELLO_DROPPED]++;
		if (msg->done)
			list_add(&msg->queue_node, dropped);
	}
	list_for_each_entry_safe(msg, next, &hello->pending, ring_node) {
		if (!msg->queue) {
			/* It never was a request to the device. */
			hello->stats[HELLO_REQUESTS]--;
			list_del(&msg->ring_node);
			list_add(&msg->queue_node, dropped);
		}
	}
}

static int hello_release(struct inode *inode, struct file *filep)
{
	struct hello_file *file = filep->private_data;
	struct hello *hello = file->hello;
	struct hello_message *msg;
	LIST_HEAD(dropped);

	spin_lock_irq(&hello->lock);
	list_del(&file->node);
	while ((msg = hello_first(&file->queue))) {
		hello_queue_del(msg);
		msg->file = NULL;
		hello_queue_add(&hello->mailbox, msg, hello->mailbox.messages.prev);
	}
	hello_mailbox_trim(hello, &dropped);
	if (hello_first(&hello->mailbox))
		hello_wake(hello, NULL);
	spin_unlock_irq(&hello->lock);

	hello_free_list(&dropped);
	kfree(file);
	return 0;
}

static void hello_enqueue(struct hello_file *file, struct hello_message *msg)
{
	struct virtio_hello_req *req = sg_virt(msg->out);
	struct hello *hello = file->hello;

	msg->cookie = hello->next_cookie++;
	req->op = cpu_to_le32(READ_ONCE(hello->op));
	req->payload_len = cpu_to_le32(msg->len);
	req->cookie = cpu_to_le64(msg->cookie);

	msg->file = file;
	hello_queue_add(&file->queue, msg, file->queue.messages.prev);
	list_add_tail(&msg->ring_node, &hello->pending);
	hello->stats[HELLO_REQUESTS]++;
}

static int hello_submit(struct hello_file *file, struct hello_message *msg,
			bool nonblock)
{
	struct hello *hello = file->hello;
	unsigned long flags;
	int err = 0;

	spin_lock_irqsave(&hello->lock, flags);
	if (!nonblock)
		err = wait_event_interruptible_lock_irq(file->wait,
							hello->error || hello_writable(file),
							hello->lock);
	if (!err)
		err = hello->error;
	if (!err && !hello_writable(file))
		err = -EAGAIN;
	if (!err)
		hello_enqueue(file, msg);
	hello_pump_and_unlock(hello, flags);
	return err;
}

static ssize_t hello_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct hello_file *file = iocb->ki_filp->private_data;
	bool nonblock = iocb->ki_filp->f_flags & O_NONBLOCK;
	size_t len = iov_iter_count(from);
	struct hello_message *msg;
	int err;

	if (!len)
		return 0;
	if (len > file->hello->max_payload)
		return -EMSGSIZE;
	msg = hello_message_alloc(file->hello, len);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	err = hello_message_fill(msg, from) ?: hello_submit(file, msg, nonblock);
	if (err) {
		hello_message_free(msg);
		return err;
	}
	return len;
}

static int hello_take(struct hello_file *file, bool nonblock,
		      struct hello_message **taken)
{
	struct hello *hello = file->hello;
	struct hello_message *msg;
	int err = 0;

	spin_lock_irq(&hello->lock);
	if (!nonblock)
		err = wait_event_interruptible_lock_irq(file->wait,
							hello->error || hello_readable(file),
							hello->lock);
	msg = hello_readable(file);
	if (!err)
		err = hello->error;
	if (!err && !msg)
		err = -EAGAIN;
	if (!err) {
		if (!hello_writable(file))
			wake_up(&file->wait);
		hello_queue_del(msg);
		*taken = msg;
	}
	spin_unlock_irq(&hello->lock);
	return err;
}

/* The rest of a message read in part comes first, and to the same file. */
static void hello_untake(struct hello_file *file, struct hello_message *msg)
{
	spin_lock_irq(&file->hello->lock);
	msg->file = file;
	hello_queue_add(&file->queue, msg, &file->queue.messages);
	wake_up(&file->wait);
	spin_unlock_irq(&file->hello->lock);
}

static ssize_t hello_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct hello_file *file = iocb->ki_filp->private_data;
	bool nonblock = iocb->ki_filp->f_flags & O_NONBLOCK;
	struct hello_message *msg;
	ssize_t ret;

	if (!iov_iter_count(to))
		return 0;
	ret = hello_take(file, nonblock, &msg);
	if (ret)
		return ret;
	ret = msg->error;
	if (!ret)
		ret = hello_message_drain(msg, to) ?: -EFAULT;
	if (!msg->error && hello_message_unread(msg))
		hello_untake(file, msg);
	else
		hello_message_free(msg);
	return ret;
}

static __poll_t hello_poll(struct file *filep, poll_table *wait)
{
	struct hello_file *file = filep->private_data;
	struct hello *hello = file->hello;
	__poll_t mask = 0;

	poll_wait(filep, &file->wait, wait);
	spin_lock_irq(&hello->lock);
	if (hello->error)
		mask |= EPOLLERR | EPOLLHUP;
	if (hello_readable(file))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (hello_writable(file))
		mask |= EPOLLOUT | EPOLLWRNORM;
	spin_unlock_irq(&hello->lock);
	return mask;
}

static const struct file_operations hello_fops = {
	.owner = THIS_MODULE,
	.open = hello_open,
	.release = hello_release,
	.read_iter = hello_read_iter,
	.write_iter = hello_write_iter,
	.poll = hello_poll,
};

/* /sys/class/hello/helloN */

static ssize_t greeting_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	struct hello *hello = dev_get_drvdata(dev);
	struct virtio_hello_config cfg;
	int err = hello_read_config(hello->vdev, &cfg);

	if (err)
		return err;
	return sysfs_emit(buf, "%.*s\n", le16_to_cpu(cfg.greeting_len), cfg.greeting);
}
static DEVICE_ATTR_RO(greeting);

static ssize_t version_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%u\n", VIRTIO_HELLO_VERSION);
}
static DEVICE_ATTR_RO(version);

static ssize_t max_payload_show(struct device *dev, struct device_attribute *attr,
				char *buf)
{
	struct hello *hello = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%u\n", hello->max_payload);
}
static DEVICE_ATTR_RO(max_payload);

static ssize_t operation_show(struct device *dev, struct device_attribute *attr,
			      char *buf)
{
	struct hello *hello = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%s\n", hello_ops[READ_ONCE(hello->op)]);
}

static ssize_t operation_store(struct device *dev, struct device_attribute *attr,
			       const char *buf, size_t count)
{
	struct hello *hello = dev_get_drvdata(dev);
	int op = sysfs_match_string(hello_ops, buf);

	if (op < 0)
		return op;
	if (op != VIRTIO_HELLO_OP_ECHO &&
	    !virtio_has_feature(hello->vdev, VIRTIO_HELLO_F_TRANSFORM))
		return -EOPNOTSUPP;
	WRITE_ONCE(hello->op, op);
	return count;
}
static DEVICE_ATTR_RW(operation);

static ssize_t stats_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct hello *hello = dev_get_drvdata(dev);
	u64 stats[HELLO_STATS];

	spin_lock_irq(&hello->lock);
	memcpy(stats, hello->stats, sizeof(stats));
	spin_unlock_irq(&hello->lock);
	return sysfs_emit(buf, "requests %llu\nresponses %llu\nerrors %llu\nbytes %llu\n"
			       "dropped %llu\nevents %llu\nevents_lost %llu\n",
			  stats[HELLO_REQUESTS], stats[HELLO_RESPONSES],
			  stats[HELLO_ERRORS], stats[HELLO_BYTES],
			  stats[HELLO_DROPPED], stats[HELLO_EVENTS],
			  stats[HELLO_EVENTS_LOST]);
}
static DEVICE_ATTR_RO(stats);

static struct attribute *hello_attrs[] = {
	&dev_attr_greeting.attr,
	&dev_attr_version.attr,
	&dev_attr_max_payload.attr,
	&dev_attr_operation.attr,
	&dev_attr_stats.attr,
	NULL
};
ATTRIBUTE_GROUPS(hello);

/* Nodes: open files hold theirs, and with it all of struct hello. */

static void hello_free(struct kref *ref)
{
	struct hello *hello = container_of(ref, struct hello, ref);

	hello_free_list(&hello->mailbox.messages);
	kfree(hello->event_buffers);
	kfree(hello);
}

static void hello_node_release(struct device *dev)
{
	struct hello_node *node = container_of(dev, struct hello_node, dev);

	kref_put(&node->hello->ref, hello_free);
}

static void hello_node_init(struct hello *hello, struct hello_node *node,
			    const struct file_operations *fops)
{
	node->hello = hello;
	device_initialize(&node->dev);
	node->dev.class = &hello_class;
	node->dev.parent = &hello->vdev->dev;
	node->dev.release = hello_node_release;
	dev_set_drvdata(&node->dev, hello);
	cdev_init(&node->cdev, fops);
	node->cdev.owner = THIS_MODULE;
}

void hello_nodes_init(struct hello *hello)
{
	kref_init(&hello->ref);
	kref_get(&hello->ref);
	hello_node_init(hello, &hello->main, &hello_fops);
	hello_node_init(hello, &hello->events, &hello_events_fops);
	hello->main.dev.groups = hello_groups;
	hello->id = -1;
}

static int hello_nodes_name(struct hello *hello)
{
	int err;

	hello->id = ida_alloc_max(&hello_ida, HELLO_MAX_DEVICES - 1, GFP_KERNEL);
	if (hello->id < 0)
		return hello->id;
	hello->main.dev.devt = hello_devt + 2 * hello->id;
	hello->events.dev.devt = hello_devt + 2 * hello->id + 1;
	err = dev_set_name(&hello->main.dev, "hello%d", hello->id);
	return err ?: dev_set_name(&hello->events.dev, "hello%d-events", hello->id);
}

int hello_nodes_add(struct hello *hello)
{
	int err = hello_nodes_name(hello);

	if (err)
		return err;
	err = cdev_device_add(&hello->main.cdev, &hello->main.dev);
	if (err || !hello->event_buffers)
		return err;
	err = cdev_device_add(&hello->events.cdev, &hello->events.dev);
	if (err)
		cdev_device_del(&hello->main.cdev, &hello->main.dev);
	return err;
}

void hello_nodes_del(struct hello *hello)
{
	if (hello->event_buffers)
		cdev_device_del(&hello->events.cdev, &hello->events.dev);
	cdev_device_del(&hello->main.cdev, &hello->main.dev);
}

void hello_nodes_put(struct hello *hello)
{
	if (hello->id >= 0)
		ida_free(&hello_ida, hello->id);
	put_device(&hello->events.dev);
	put_device(&hello->main.dev);
}

int hello_files_init(void)
{
	int err = class_register(&hello_class);

	if (err)
		return err;
	err = alloc_chrdev_region(&hello_devt, 0, HELLO_MINORS, "hello");
	if (err)
		class_unregister(&hello_class);
	return err;
}

void hello_files_exit(void)
{
	unregister_chrdev_region(hello_devt, HELLO_MINORS);
	class_unregister(&hello_class);
	ida_destroy(&hello_ida);
}
