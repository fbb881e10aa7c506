/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of the virtio-hello driver: driver.c speaks to the device,
 * driver-files.c to programs, and both pass messages (driver-message.c);
 * driver-events.c is the event queue from end to end.
 */
#ifndef HELLO_DRIVER_H
#define HELLO_DRIVER_H

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/uio.h>
#include <linux/virtio.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "abi.h"

#define HELLO_EVENT_BUFFERS	16
#define HELLO_EVENT_LOG		64

enum hello_stat {
	HELLO_REQUESTS, HELLO_RESPONSES, HELLO_ERRORS, HELLO_BYTES,
	HELLO_DROPPED, HELLO_EVENTS, HELLO_EVENTS_LOST, HELLO_STATS
};

/* A character device; there are two of each struct hello. */
struct hello_node {
	struct hello *hello;
	struct device dev;
	struct cdev cdev;
};

/* Messages in the order of their submission, answered or not */
struct hello_queue {
	struct list_head messages;
	unsigned int count;
	size_t bytes;
};

struct hello_file {
	struct hello *hello;
	struct list_head node;		/* in hello->files */
	struct hello_queue queue;
	wait_queue_head_t wait;
};

/* A request and its answer, each in chunks of pages */
struct hello_message {
	struct list_head queue_node;
	struct list_head ring_node;	/* in hello->pending or ->in_flight */
	struct hello_queue *queue;	/* NULL: freed as soon as it is done */
	struct hello_file *file;	/* NULL: its file is closed */
	bool done;
	int error;
	size_t len;			/* bytes of payload, either way */
	size_t pos;			/* next byte to read, header included */
	u64 cookie;
	unsigned int slots;		/* scatterlist entries one way, */
	unsigned int descriptors;	/* and those in use both ways */
	struct scatterlist *out;	/* struct virtio_hello_req, payload */
	struct scatterlist *in;		/* struct virtio_hello_resp, answer */
	struct scatterlist sg[];
};

struct hello_event {
	u16 len;
	u8 text[VIRTIO_HELLO_EVENT_MAX + 1];	/* and a newline */
};

struct hello {
	struct kref ref;		/* one for each node */
	int id;
	struct virtio_device *vdev;
	struct hello_node main;
	struct hello_node events;
	struct work_struct work;
	u32 max_payload;
	u32 max_slots;			/* scatterlist entries, one way */

	spinlock_t lock;		/* all below, and use of the queues */
	struct virtqueue *vqs[2];
	unsigned int nvqs;
	bool ready;			/* the queues may be used */
	int error;			/* what every call returns from now on */
	u32 op;
	u64 next_cookie;
	struct list_head files;
	struct list_head pending;
	struct list_head in_flight;
	struct hello_queue mailbox;	/* of files that are closed */
	u64 stats[HELLO_STATS];

	struct virtio_hello_event *event_buffers;	/* NULL: no events */
	bool event_seen;
	u32 next_seq;
	u64 event_count;		/* the log holds the last of them */
	struct hello_event log[HELLO_EVENT_LOG];
	wait_queue_head_t event_wait;
};

/* driver.c */
void hello_pump_and_unlock(struct hello *hello, unsigned long flags)
	__releases(&hello->lock);
int hello_read_config(struct virtio_device *vdev, struct virtio_hello_config *cfg);

/* driver-events.c */
extern const struct file_operations hello_events_fops;
void hello_post_events(struct hello *hello);
bool hello_take_events(struct hello *hello, struct virtqueue *vq);
void hello_event_done(struct virtqueue *vq);

/* driver-message.c */
struct hello_message *hello_message_alloc(struct hello *hello, size_t len);
void hello_message_free(struct hello_message *msg);
void hello_free_list(struct list_head *list);
int hello_message_fill(struct hello_message *msg, struct iov_iter *from);
size_t hello_message_drain(struct hello_message *msg, struct iov_iter *to);
bool hello_message_unread(const struct hello_message *msg);

void hello_queue_add(struct hello_queue *queue, struct hello_message *msg,
		     struct list_head *after);
void hello_queue_del(struct hello_message *msg);
struct hello_message *hello_first(struct hello_queue *queue);

/* driver-files.c */
void hello_wake(struct hello *hello, struct hello_file *file);
void hello_nodes_init(struct hello *hello);
int hello_nodes_add(struct hello *hello);
void hello_nodes_del(struct hello *hello);
void hello_nodes_put(struct hello *hello);
int hello_files_init(void);
void hello_files_exit(void);

#endif
