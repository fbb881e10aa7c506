/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What moved between samples: how long each stage of a queue has been still. */
#ifndef KC_VQ_WATCH_H
#define KC_VQ_WATCH_H

#include "vq-sample.h"

/* Seconds, as far as we have watched: each is a lower bound. */
struct vq_still {
	double pop; /* buffers wait, and the device took none */
	double complete; /* it holds buffers, and completed none */
	double due; /* it completed, and considered no interrupt */
	double raised; /* an interrupt is pending, and nothing is completed meanwhile */
	double collect; /* it completed, and the driver collected nothing */
	double longest; /* that anything could have been seen */
};

struct vq_watch;

struct vq_watch *vq_watch_new(void);
void vq_watch_free(struct vq_watch *watch);

/* Takes in the next sample, which is not kept. */
void vq_watch_add(struct vq_watch *watch, const struct vq_sample *sample);

struct vq_still vq_watch_still(const struct vq_watch *watch, const struct vq_device *device,
			       const struct vq_queue *queue);

/* Seconds that a buffer has been where it is, at least. */
double vq_watch_age(const struct vq_watch *watch, const struct vq_device *device,
		    const struct vq_queue *queue, const struct vq_buffer *buffer);

/*
 * The used buffers that the driver has not collected; false where that cannot
 * be told: then *count is what its last wish for an interrupt leaves open.
 */
bool vq_uncollected(const struct vq_queue *queue, unsigned *count);

/* The device has completed buffers, and has not considered an interrupt since. */
bool vq_interrupt_is_due(const struct vq_queue *queue);

/* An interrupt for the queue is raised and the guest has not taken it, as far as is known. */
bool vq_interrupt_is_pending(const struct vq_device *device, const struct vq_queue *queue);

#endif
