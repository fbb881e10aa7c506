/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What moved between samples: how long each stage of a queue has been still. */
#ifndef KC_VQ_WATCH_H
#define KC_VQ_WATCH_H

#include "vq/sample.h"

/*
 * Seconds: each is a lower bound, what we have watched or what QEMU knows. All
 * are 0 while the guest is halted.
 */
struct vq_still {
	double pop; /* buffers wait, and the device took none */
	double complete; /* it holds buffers, and completed none */
	double due; /* it completed, and considered no interrupt */
	double raised; /* an interrupt is pending, and nothing is completed meanwhile */
	double collect; /* it completed, and the driver collected nothing */
	double missing; /* the driver waits for what neither side has */
	double oldest; /* of the buffers to be read that it holds */
	double longest; /* that anything could have been seen */
};

struct vq_watch;

struct vq_watch *vq_watch_new(void);
void vq_watch_free(struct vq_watch *watch);

/* Takes in the next sample, which is not kept. */
void vq_watch_add(struct vq_watch *watch, const struct vq_sample *sample);

struct vq_still vq_watch_still(const struct vq_watch *watch, const struct vq_device *device,
			       const struct vq_queue *queue);

/* Seconds that the device has been reset while a driver uses its queues. */
double vq_watch_reset(const struct vq_watch *watch, const struct vq_device *device);

/* Seconds that a buffer has been where it is, at least. */
double vq_watch_age(const struct vq_watch *watch, const struct vq_device *device,
		    const struct vq_queue *queue, const struct vq_buffer *buffer);

/*
 * The used buffers that the driver has not collected; false where that cannot
 * be told: then *count is what its last wish for an interrupt leaves open.
 */
bool vq_uncollected(const struct vq_queue *queue, unsigned *count);

/*
 * Descriptors of buffers that the driver waits for, and that are neither in the
 * ring nor in the device; 0 where that cannot be told.
 */
unsigned vq_missing(const struct vq_queue *queue);

/* The device has completed buffers, and has not considered an interrupt since. */
bool vq_interrupt_is_due(const struct vq_queue *queue);

/* An interrupt for the queue is raised and the guest has not taken it, as far as is known. */
bool vq_interrupt_is_pending(const struct vq_device *device, const struct vq_queue *queue);

#endif
