/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the virtio-fault driver share. */
#ifndef FAULT_DRIVER_H
#define FAULT_DRIVER_H

#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/virtio.h>
#include <linux/virtio_ring.h>
#include <linux/wait.h>

#include "abi.h"

struct fault_request {
	struct virtio_fault_req req;
	struct virtio_fault_resp resp;
	__le64 cookie;			/* which the device cannot touch */
};

struct fault {
	struct virtio_device *vdev;
	const struct fault_kind *kind;
	struct mutex submit_lock;	/* one submission at a time */
	u32 ring_size;
	int irq;			/* masked while the device runs; 0: none */
	struct vring_desc spoiled;	/* what was there before */
	wait_queue_head_t wait;

	spinlock_t lock;		/* all below, and use of the queue */
	struct virtqueue *vq;
	bool ready;
	bool needs_reset;
	u32 in_flight;
	u32 refused;			/* came back wrong, of this submission */
	u64 added;			/* since the device was started */
	bool is_spoiled;		/* and has to be mended */
};

/* What a fault cannot do without */
enum fault_needs {
	FAULT_NEEDS_NOTHING,
	FAULT_NEEDS_RING,		/* to write to the ring by itself */
	FAULT_NEEDS_SPLIT,		/* and that to be a split one */
	FAULT_NEEDS_EVENT_IDX,
	FAULT_NEEDS_INDIRECT,
};

/* A way to do wrong; where it says nothing the driver does right. */
struct fault_kind {
	const char *name;
	enum fault_needs needs;
	bool only_kick;			/* adds nothing */
	bool fill;			/* submits more than the ring holds */
	bool goes_on;			/* the device, after the last buffer: until it is refused */
	int (*start)(struct fault *fault);
	void (*stop)(struct fault *fault);
	void (*mend)(struct fault *fault);	/* before buffers are taken back */
	int (*add)(struct fault *fault, struct fault_request *request);
	void (*spoil)(struct fault *fault);	/* the first buffer, not yet kicked */
	void (*kick)(struct fault *fault);	/* not under the lock */
	void (*collect)(struct fault *fault);	/* in the callback, under the lock */
};

/* driver-queue.c */
int fault_add(struct fault *fault, struct fault_request *request);
bool fault_has_room(struct fault *fault);
bool fault_is_broken(struct fault *fault);
void fault_take(struct fault *fault);
void fault_collect(struct fault *fault);

/* driver-faults.c */
extern const struct kernel_param_ops fault_kind_ops;
extern const struct fault_kind *fault_chosen;
int fault_check_needs(struct fault *fault);

#endif
