/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of the virtio-echo driver. A message (driver-message.c) is in the
 * queue of the open file that wrote it (driver-files.c), in the order of
 * writing, and on its way to the device and back (driver-requests.c);
 * driver-events.c is the event queue from end to end.
 */
#ifndef ECHO_DRIVER_H
#define ECHO_DRIVER_H

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

#define ECHO_EVENT_BUFFERS	16
#define ECHO_EVENT_LOG		64

enum echo_stat {
	ECHO_REQUESTS, ECHO_RESPONSES, ECHO_CANCELLED, ECHO_ERRORS, ECHO_BYTES,
	ECHO_DROPPED, ECHO_EVENTS, ECHO_EVENTS_LOST, ECHO_STATS
};

/* A character device; there are two of each struct echo. */
struct echo_node {
	struct echo *echo;
	struct device dev;
	struct cdev cdev;
};

/* Messages in the order of their submission, answered or not */
struct echo_queue {
	struct list_head messages;
	unsigned int count;
	size_t bytes;
};

struct echo_file {
	struct echo *echo;
	struct list_head node;		/* in echo->files */
	struct echo_queue queue;
	wait_queue_head_t wait;
};

/* A request and its answer, each in chunks of pages */
struct echo_message {
	struct list_head queue_node;
	struct list_head ring_node;	/* in echo->pending or ->in_flight */
	struct echo_queue *queue;	/* NULL: freed as soon as it is done */
	struct echo_file *file;		/* NULL: its file is closed */
	bool done;
	int error;
	size_t len;			/* bytes of payload, either way */
	size_t pos;			/* next byte to read, header included */
	u64 cookie;
	unsigned int slots;		/* scatterlist entries one way, */
	unsigned int descriptors;	/* and those in use both ways */
	struct scatterlist *out;	/* struct virtio_echo_req, payload */
	struct scatterlist *in;		/* struct virtio_echo_resp, answer */
	struct scatterlist sg[];
};

struct echo_event {
	u16 len;
	u8 text[VIRTIO_ECHO_EVENT_MAX + 1];	/* and a newline */
};

struct echo {
	struct kref ref;		/* one for each node */
	int id;
	struct virtio_device *vdev;
	struct echo_node main;
	struct echo_node events;
	struct work_struct work;
	struct work_struct free_work;
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
	struct list_head unwanted;	/* done, of nobody, and to be freed */
	struct echo_queue mailbox;	/* of files that are closed */
	u64 stats[ECHO_STATS];

	struct virtio_echo_event *event_buffers;	/* NULL: no events */
	bool event_seen;
	u32 next_seq;
	u64 event_count;		/* the log holds the last of them */
	struct echo_event log[ECHO_EVENT_LOG];
	wait_queue_head_t event_wait;
};

/* driver-requests.c */
void echo_wake(struct echo *echo, struct echo_file *file);
void echo_complete(struct echo *echo, struct echo_message *msg, int error);
void echo_free_unwanted(struct work_struct *work);
void echo_unlock_and_notify(struct echo *echo, unsigned long flags, struct virtqueue *notify)
	__releases(&echo->lock);
void echo_pump_and_unlock(struct echo *echo, unsigned long flags)
	__releases(&echo->lock);
void echo_take_responses(struct echo *echo);
void echo_request_done(struct virtqueue *vq);

/* driver-config.c */
int echo_read_config(struct virtio_device *vdev, struct virtio_echo_config *cfg);

/* driver-events.c */
extern const struct file_operations echo_events_fops;
struct virtqueue *echo_post_events(struct echo *echo);
bool echo_take_events(struct echo *echo, struct virtqueue *vq);
void echo_event_done(struct virtqueue *vq);

/* driver-message.c */
struct echo_message *echo_message_alloc(struct echo *echo, size_t len);
void echo_message_free(struct echo_message *msg);
void echo_free_list(struct list_head *list);
int echo_message_fill(struct echo_message *msg, struct iov_iter *from);
size_t echo_message_drain(struct echo_message *msg, struct iov_iter *to);
bool echo_message_unread(const struct echo_message *msg);

void echo_queue_add(struct echo_queue *queue, struct echo_message *msg,
		    struct list_head *after);
void echo_queue_del(struct echo_message *msg);
struct echo_message *echo_first(struct echo_queue *queue);

/* driver-files.c */
void echo_nodes_init(struct echo *echo);
int echo_nodes_add(struct echo *echo);
void echo_nodes_del(struct echo *echo);
void echo_nodes_put(struct echo *echo);
int echo_files_init(void);
void echo_files_exit(void);

#endif
